"""Classes of LlamaIndex by name, ``package.module:Class?key=value``: imported and made when needed."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import parse_qsl

from mmrag.config.specs import is_importable, package_of
from mmrag.errors import MmragError, ModelError, SpecError
from mmrag.llama_index.extra import require
from mmrag.weights.torchvision import prepare_torchvision

_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+:[A-Za-z_]\w*")
_SECRET = re.compile(r"(?:^|_)(?:key|token|secret|password|credentials?)$", re.IGNORECASE)


class Part:
    """A class of LlamaIndex, or of a package for it, and the object that is made of it.

    Args:
        name: the spec without its family: ``llama_index.llms.ollama:Ollama?model=llava&request_timeout=60``.
            Values are read as JSON where they are, else as text.
        base: ``module:Class`` that it has to be a subclass of.
        what: it is to be, for messages.
        defaults: keyword arguments where the class takes them and the name does not give others.

    Raises:
        MissingExtraError: if LlamaIndex is not installed.
        SpecError: if the name is none, holds a key, or its module can't be found.
    """

    def __init__(self, name: str, base: str, what: str, defaults: Mapping[str, Any] | None = None) -> None:
        self.spec = f"llama-index:{name}"
        self._base, self._what, self._defaults = base, what, defaults or {}
        place, _, query = name.partition("?")
        if not _NAME.fullmatch(place):
            raise SpecError(
                f"{self.spec!r} names no {what}: wanted is llama-index:package.module:Class, "
                "perhaps with ?key=value&key=value"
            )
        self._module, _, self._class = place.partition(":")
        self.keywords = _keywords(self.spec, query)
        require(f"the {what} {self.spec}")
        if not is_importable(self._module):
            raise SpecError(f"the {what} {self.spec} can't be found: pip install {package_of(self._module)}")

    @cached_property
    def kind(self) -> type[Any]:
        """The class.

        Raises:
            SpecError: if its module can't be imported or has no such class.
        """
        if "huggingface" in self._module:  # what torch runs
            prepare_torchvision()
        try:
            module = importlib.import_module(self._module)
        except Exception as error:  # whatever a package does when it is imported
            raise SpecError(
                f"the {self._what} {self.spec} can't be imported: {_reason(error)}; its package is perhaps "
                f"{package_of(self._module)}"
            ) from error
        kind = getattr(module, self._class, None)
        base, _, name = self._base.partition(":")
        if not isinstance(kind, type) or not issubclass(kind, getattr(importlib.import_module(base), name)):
            found = "no class" if kind is None else "something that is no subclass"
            raise SpecError(
                f"{self.spec} names no {self._what}: {self._module} has {found} {self._class!r} of {name}"
            )
        return kind

    @cached_property
    def made(self) -> Any:
        """The object; made once.

        Raises:
            SpecError: as `kind`.
            ModelError: if the class refuses its keyword arguments, or fails.
        """
        kind = self.kind
        defaults = {key: value for key, value in self._defaults.items() if _takes(kind, key)}
        try:
            return kind(**{**defaults, **self.keywords})
        except Exception as error:  # whatever the class raises
            raise ModelError(f"the {self._what} {self.spec} could not be made: {_reason(error)}") from error

    @cached_property
    def identity(self) -> str:
        """The spec, and the version of the package that the class comes with, if it comes with one."""
        package = package_of(self._module)
        try:
            return f"{self.spec} {package} {version(package)}"
        except PackageNotFoundError:
            return self.spec

    @contextmanager
    def running(self, hint: str = "") -> Iterator[None]:
        """Whatever goes wrong inside becomes an error of ours.

        Raises:
            ModelError: with ``hint`` behind the reason.
        """
        try:
            yield
        except MmragError:
            raise
        except Exception as error:  # whatever a class, or the server behind it, comes up with
            raise ModelError(f"{self.spec} failed: {_reason(error)}{hint}") from error


def _keywords(spec: str, query: str) -> dict[str, Any]:
    try:
        # A plus stands for itself: names of models and addresses have some, and hardly ever a blank.
        pairs = parse_qsl(query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=bool(query))
    except ValueError as error:
        raise SpecError(f"{spec!r}: wanted is ?key=value&key=value: {error}") from error
    found: dict[str, Any] = {}
    for key, value in pairs:
        if not key.isidentifier() or key in found:
            raise SpecError(f"{spec!r}: {key!r} is no name of an argument, or is given twice")
        if _SECRET.search(key):
            raise SpecError(
                f"the argument {key} of llama-index:{spec.partition(':')[2].partition('?')[0]} is a secret: "
                "a recipe is kept with the index; let the class read it from the environment"
            )
        try:
            found[key] = json.loads(value)
        except ValueError:
            found[key] = value
    return found


def _takes(kind: type[Any], key: str) -> bool:
    """Whether the class has a field of that name, and its constructor takes it."""
    if key not in getattr(kind, "model_fields", {}):
        return False
    parameters = inspect.signature(kind.__init__).parameters
    return key in parameters or any(one.kind is one.VAR_KEYWORD for one in parameters.values())


def _reason(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
