"""Where torch runs, in which precision, and what its failures are called."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from mmrag.errors import MissingExtraError, ModelError, OutOfMemoryError
from mmrag.weights.torchvision import prepare_torchvision

_PRECISIONS = ("float32", "bfloat16", "float16")
_PACKAGES = {"sentence_transformers": "sentence-transformers", "open_clip": "open_clip_torch"}
_NO_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "failed to allocate")


def device() -> str:
    """``cuda``, else ``mps``, else ``cpu``, whichever there is; what ``MMRAG_DEVICE`` says comes first.

    Raises:
        MissingExtraError: if torch is not installed.
        ModelError: if ``MMRAG_DEVICE`` names no device, or one that this machine does not have.
    """
    torch = import_torch("choosing a device")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    chosen = os.environ.get("MMRAG_DEVICE", "").strip().lower()
    if not chosen:
        return next(name for name, there in present.items() if there)
    kind, _, number = chosen.partition(":")
    if kind not in present or (number and not number.isdigit()):
        raise ModelError(f"MMRAG_DEVICE is {chosen!r}, which is none of cuda, cuda:N, mps and cpu")
    if not present[kind] or (kind == "cuda" and int(number or 0) >= torch.cuda.device_count()):
        there = ", ".join(name for name, is_there in present.items() if is_there)
        raise ModelError(f"MMRAG_DEVICE is {chosen!r}, which torch does not find here; there is {there}")
    return chosen


def precision(chosen: str) -> str:
    """``float32`` on a CPU; ``bfloat16`` on a GPU that computes it, else ``float16``.

    What ``MMRAG_PRECISION`` says comes first: an index that one machine made and another searches needs the
    same on both.

    Raises:
        ModelError: if ``MMRAG_PRECISION`` names no precision.
    """
    wanted = os.environ.get("MMRAG_PRECISION", "").strip().lower()
    if wanted and wanted not in _PRECISIONS:
        raise ModelError(f"MMRAG_PRECISION is {wanted!r}, which is none of {', '.join(_PRECISIONS)}")
    if wanted or chosen.partition(":")[0] == "cpu":
        return wanted or "float32"
    torch = import_torch("choosing a precision")
    return "bfloat16" if chosen.startswith("cuda") and torch.cuda.is_bf16_supported() else "float16"


def require(what: str, *modules: str) -> None:
    """Checks, without importing any, that the modules are there: before gigabytes are fetched for them.

    Raises:
        MissingExtraError: for the first one that is not.
    """
    for module in modules:
        if find_spec(module) is None:
            raise MissingExtraError(what, _PACKAGES.get(module, module), "models")


def import_torch(what: str) -> Any:
    """The module torch, with a torchvision beside it that can be imported.

    Args:
        what: what needs it, for the message.

    Raises:
        MissingExtraError: if torch is not installed.
        ModelError: if an installed torchvision can't be made to work with it.
    """
    require(what, "torch")
    import torch

    prepare_torchvision()
    return torch


def import_transformers(what: str) -> Any:
    """The module transformers, told to draw no bars and to say no more than errors.

    Args:
        what: what needs it, for the message.

    Raises:
        MissingExtraError: if torch or transformers is not installed.
        ModelError: as `import_torch`.
    """
    import_torch(what)
    require(what, "transformers")
    import transformers

    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    return transformers


def import_sentence_transformers(what: str) -> Any:
    """The module sentence_transformers; arguments and errors as `import_transformers`."""
    import_transformers(what)
    require(what, "sentence_transformers")
    import sentence_transformers

    return sentence_transformers


@contextmanager
def running(what: str) -> Iterator[None]:
    """Whatever a model raises inside becomes an error of ours.

    Args:
        what: the spec of the model, for the message.

    Raises:
        MissingExtraError: where a package is not installed.
        OutOfMemoryError: where memory of the device or the machine ran out; torch's reserve is given back.
        ModelError: in place of anything else.
    """
    try:
        yield
    except (ModelError, MissingExtraError):
        raise
    except ModuleNotFoundError as error:
        raise MissingExtraError(what, (error.name or "").partition(".")[0], "models") from error
    except Exception as error:  # torch and transformers have no common base for what they raise
        reason = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
        if isinstance(error, ImportError):
            raise ModelError(f"{what} failed: {reason}; try: pip install 'mmrag[models]'") from error
        if isinstance(error, MemoryError) or any(words in str(error) for words in _NO_MEMORY):
            _free()
            raise OutOfMemoryError(f"{what} ran out of memory: {reason}") from error
        raise ModelError(f"{what} failed: {reason}") from error


def _free() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
