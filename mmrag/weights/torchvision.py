"""A torchvision that was built for another torch, made usable.

Its compiled half then fails to load, and with it the import of torchvision, of timm, open_clip and of much of
transformers. Models that are run here need only its Python half, which asks for no more than that two of the
compiled operators are known by name.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from mmrag.errors import ModelError

_SIGNATURE = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
_declared: list[Any] = []  # torch forgets operators when the library that declared them is collected


def prepare_torchvision() -> None:
    """Makes ``import torchvision`` work where it is installed; does nothing where it is not.

    Call it before transformers, sentence_transformers, timm or open_clip are imported.

    Raises:
        ModelError: if torchvision fails even without its compiled half; the message names both versions.
    """
    if "torchvision" in sys.modules or find_spec("torchvision") is None:
        return
    try:
        importlib.import_module("torchvision")
    except Exception:  # it fails with RuntimeError, OSError or ImportError, as the versions lie apart
        _forget()
        try:
            _declare_operators()
            importlib.import_module("torchvision")
        except Exception as error:
            _forget()
            raise ModelError(_message(error)) from error


def _declare_operators() -> None:
    import torch

    if _declared:
        return
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        library.define(name + _SIGNATURE)
    _declared.append(library)


def _forget() -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "torchvision"]:
        del sys.modules[name]


def _message(error: Exception) -> str:
    reason = str(error).splitlines()[0] if str(error) else type(error).__name__
    return (
        f"torchvision {_version('torchvision')} does not work with torch {_version('torch')} ({reason}): "
        "install the torchvision that belongs to this torch, or run: pip uninstall torchvision"
    )


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(unknown version)"
