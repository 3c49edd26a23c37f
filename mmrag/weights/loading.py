"""The weights of one model: where their files are, and what they run on."""

from __future__ import annotations

import threading
from functools import cached_property
from pathlib import Path
from typing import Any

from mmrag.weights import hub
from mmrag.weights.device import device, import_transformers, precision, require, running
from mmrag.weights.identity import identity, versions

_SHAPING = {
    "transformers": ("transformers", "torchvision"),
    "sentence_transformers": ("sentence-transformers", "transformers", "torchvision"),
    "open_clip": ("open_clip_torch", "torchvision"),
}
"""Packages whose versions shape the vectors, by the one that runs the model."""


class Weights:
    """The files of one model and how they are run. Nothing is looked up or loaded before it is asked for.

    Args:
        spec: what messages call the model.
        name: hub id or local folder.
        runner: module that runs it, beside torch.
    """

    def __init__(self, spec: str, name: str, runner: str = "transformers") -> None:
        self.spec, self.name, self.runner = spec, name, runner
        self.lock = threading.Lock()

    @cached_property
    def folder(self) -> Path:
        """Where the files are; they are fetched if they are nowhere.

        Raises:
            MissingExtraError: if what runs the model is not installed.
            ModelError: as `mmrag.weights.hub.fetch`.
        """
        require(self.spec, "torch", self.runner)
        return hub.fetch(self.name)

    @cached_property
    def fingerprint(self) -> str:
        """Spec, state of the files, versions of the libraries, and precision."""
        return f"{self.spec} {identity(self.folder)} {versions(*_SHAPING[self.runner])} {self.precision} v1"

    @cached_property
    def device(self) -> str:
        """``cuda``, ``mps`` or ``cpu``, as `mmrag.weights.device.device`."""
        return device()

    @cached_property
    def precision(self) -> str:
        """``float32``, ``bfloat16`` or ``float16``."""
        return precision(self.device)

    @cached_property
    def dtype(self) -> Any:
        """The precision, as torch names it."""
        import torch

        return getattr(torch, self.precision)

    @property
    def is_siglip(self) -> bool:
        """Whether it is SigLIP, which was trained on text in lower case, padded to the full length."""
        return (self.folder / "config.json").is_file() and self.config.model_type in ("siglip", "siglip2")

    @cached_property
    def config(self) -> Any:
        """The transformers configuration.

        Raises:
            ModelError: if there is none that transformers knows.
        """
        with running(self.spec):
            config: Any = import_transformers(self.spec).AutoConfig.from_pretrained(
                self.folder, local_files_only=True, trust_remote_code=False
            )
        return config
