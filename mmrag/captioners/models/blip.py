"""``blip:``: one English sentence about a photo (Li et al. 2022, "BLIP")."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from mmrag.captioners.base import Description
from mmrag.captioners.models.batches import Shown, TorchCaptioner
from mmrag.errors import ModelError
from mmrag.pictures import as_rgb
from mmrag.types import Usage
from mmrag.weights.device import running
from mmrag.weights.identity import identity

_MOST_TOKENS = 60
_BEAMS = 3  # as in the paper's captions of COCO


class BlipCaptioner(TorchCaptioner):
    """Says what a photo shows. It was trained on photos of the web: charts and documents are beyond it.

    It reads no context and no words; both stand beside its sentence in the index anyway.

    Args:
        name: hub id or local folder.
    """

    context_fields: frozenset[str] = frozenset()

    def __init__(self, name: str) -> None:
        super().__init__(f"blip:{name}", name)

    @cached_property
    def fingerprint(self) -> str:  # type: ignore[override]
        """State of the model's files, and how it decodes."""
        return f"blip {identity(self._weights.folder)} beams:{_BEAMS} tokens:{_MOST_TOKENS} v1"

    def _describe(self, batch: Sequence[Shown]) -> list[Description | ModelError]:
        import torch

        with running(self.spec), torch.inference_mode():
            inputs = self._processor(images=[as_rgb(picture) for picture, _ in batch], return_tensors="pt")
            answers = self._model.generate(
                **self._weights.moved(inputs), max_new_tokens=_MOST_TOKENS, num_beams=_BEAMS
            )
            texts = self._processor.batch_decode(answers, skip_special_tokens=True)
        padding = self._model.config.text_config.pad_token_id
        lengths = (answers != padding).sum(dim=1).tolist()
        return [
            Description(_sentence(text), usage=Usage(0, length, 1))
            for text, length in zip(texts, lengths, strict=True)
        ]

    @cached_property
    def _model(self) -> Any:
        kind = self._weights.config.model_type
        if kind != "blip":
            raise ModelError(f"{self.spec} is a {kind} model, not BLIP: try hf:{self._weights.name}")
        return self._weights.load("BlipForConditionalGeneration")


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return f"{text[:1].upper()}{text[1:]}." if text and text[-1] not in ".!?" else text[:1].upper() + text[1:]
