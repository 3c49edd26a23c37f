"""Spec strings: ``family:name`` for what mmrag knows, ``package.module:Class`` for a plugin.

A spec is resolved when it is needed, never at import, so that naming a model costs nothing.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from typing import Any

from mmrag.errors import ModelError, SpecError


def resolve(spec: str, known: Mapping[str, str], what: str) -> Any:
    """The object that ``spec`` names, made.

    Args:
        spec: ``family:name``, or ``package.module:Class`` for a plugin's own class, which is called
            without arguments.
        known: from specs, or from families written ``family:*``, to ``module:Class``. A class of a
            family is called with the name.
        what: the kind of thing wanted, for messages: "encoder", "captioner", …

    Raises:
        SpecError: if nothing of that name is known, or the plugin can't be imported.
        ModelError: if a plugin's class fails when it is called.
    """
    family, _, name = spec.partition(":")
    if spec in known:
        return _load(known[spec], what)()
    if f"{family}:*" in known and name:
        return _load(known[f"{family}:*"], what)(name)
    if "." in family and name.isidentifier():
        plugin = _load(spec, what)
        try:
            return plugin()
        except Exception as error:
            raise ModelError(f"the {what} {spec} could not be made: {error}") from error
    near = difflib.get_close_matches(spec, known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(known))}"
    raise SpecError(f"no {what} is named {spec!r}{hint}")


@cache  # it looks through all that is installed
def package_of(module: str) -> str:
    """The name by which a package index probably has a module that is or is not installed.

    LlamaIndex's packages are named as their modules are.
    """
    from importlib.metadata import packages_distributions

    parts = module.split(".")
    if parts[0] != "llama_index":
        return packages_distributions().get(parts[0], [parts[0].replace("_", "-")])[0]
    return "llama-index-core" if parts[1:2] == ["core"] else "-".join(parts[:3]).replace("_", "-")


def is_importable(module: str) -> bool:
    """Whether there is a module of that name; it is not imported, only the packages around it are."""
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False


def _load(place: str, what: str) -> Any:
    module, _, name = place.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise SpecError(f"the {what} {place} can't be imported: {error}") from error
