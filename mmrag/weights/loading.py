"""The weights of one model: where their files are, and what they run on."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from mmrag.errors import ModelError
from mmrag.weights import hub
from mmrag.weights.device import (
    device,
    import_sentence_transformers,
    import_transformers,
    precision,
    require,
    running,
)
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

    @cached_property
    def processor(self) -> Any:
        """What makes the model's inputs of texts and pictures; the tokenizer, where it reads text only.

        Raises:
            ModelError: if it can't be loaded.
        """
        with running(self.spec):
            processor: Any = import_transformers(self.spec).AutoProcessor.from_pretrained(
                self.folder, local_files_only=True, trust_remote_code=False
            )
        return processor

    @property
    def tokenizer(self) -> Any:
        """The part of `processor` that reads text."""
        return getattr(self.processor, "tokenizer", self.processor)

    def load(self, kind: str) -> Any:
        """The model on its device, in its precision, ready to be asked. It is loaded anew by each call.

        Args:
            kind: class of transformers: ``AutoModel`` and the like, or the model's own.

        Raises:
            MissingExtraError: if torch or transformers is not installed.
            ModelError: if the model can't be loaded, or transformers has no such class.
        """
        with running(self.spec):
            found = getattr(import_transformers(self.spec), kind, None)
            if found is None:
                raise ModelError(f"{self.spec} is a {kind}, which this transformers does not know")
            model = found.from_pretrained(
                self.folder,
                dtype=self.dtype,
                local_files_only=True,
                use_safetensors=True,
                trust_remote_code=False,
            )
            return model.to(self.device).eval()

    def load_sentence_transformers(self, kind: str) -> Any:
        """As `load`, a model of sentence-transformers.

        Args:
            kind: its class: ``SentenceTransformer``, ``MultiVectorEncoder`` or ``CrossEncoder``.
        """
        with running(self.spec):
            model = getattr(import_sentence_transformers(self.spec), kind)(
                str(self.folder),
                device=self.device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"dtype": self.dtype, "use_safetensors": True},
            )
            return model.eval()

    def moved(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """What `processor` gave, on the model's device, numbers with a fraction in its precision."""
        return {key: self._moved(value) for key, value in inputs.items()}

    def _moved(self, value: Any) -> Any:
        if isinstance(value, (list, tuple)):
            return type(value)(self._moved(each) for each in value)
        if not hasattr(value, "is_floating_point"):  # no tensor
            return value
        return value.to(self.device, self.dtype if value.is_floating_point() else None)
