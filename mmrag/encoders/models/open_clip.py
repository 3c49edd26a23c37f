"""``open_clip:``: any model that open_clip lists, or one of its format on a hub or in a folder.

Cherti et al. 2023, "Reproducible scaling laws for contrastive language-image learning".
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.models.rows import no_rows, unit_rows
from mmrag.errors import ModelError
from mmrag.pictures import for_model
from mmrag.weights import hub
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_ENGLISH_WORDS = 49408  # the byte pairs of OpenAI's CLIP
_MARKS = re.compile("<(start|end)_of_text>", re.IGNORECASE)


class OpenClip:
    """A text tower and a picture tower of open_clip.

    Args:
        name: ``model/pretrained`` as open_clip lists them (``ViT-B-32/laion2b_s34b_b79k``), a hub id, or a
            local folder with an ``open_clip_config.json``.
    """

    modalities = frozenset({"text", "picture"})

    def __init__(self, name: str) -> None:
        self.spec = f"open_clip:{name}"
        self._name = name

    @property
    def fingerprint(self) -> str:
        """See `mmrag.weights.loading.Weights.fingerprint`."""
        return self._weights.fingerprint

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        return int(self._settings["embed_dim"])

    @cached_property
    def max_tokens(self) -> int:
        """Longest text that is read whole, special tokens included."""
        return int(self._settings["text_cfg"].get("context_length", 77))

    @cached_property
    def scripts(self) -> frozenset[str] | None:
        """Latin where the vocabulary is that of OpenAI's CLIP, else unknown."""
        return frozenset({"Latn"}) if self._is_english else None

    @cached_property
    def languages(self) -> frozenset[str] | None:
        """English where the vocabulary is that of OpenAI's CLIP, else unknown."""
        return frozenset({"en"}) if self._is_english else None

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, special tokens included."""
        with running(self.spec):
            tokenizer = self._parts.tokenizer
            if hasattr(tokenizer, "encode"):
                return [len(tokenizer.encode(text)) + 2 for text in _plain(texts)]
            return [len(ids) for ids in tokenizer.tokenizer(_plain(texts))["input_ids"]] if texts else []

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), dim)`` float32, rows of unit length; tokens beyond ``max_tokens`` are not read.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        if not texts:
            return no_rows(self.dim)
        with running(self.spec):
            parts = self._parts
            return self._features(parts.model.encode_text, parts.tokenizer(_plain(texts), self.max_tokens))

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """As `encode_texts`: these models know no query prompt."""
        return self.encode_texts(queries)

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """``(len(pictures), dim)`` float32, rows of unit length, of pictures of any mode.

        Raises:
            ModelError: if the model can't be loaded or run, or a picture can't be decoded.
        """
        if not pictures:
            return no_rows(self.dim)
        with running(self.spec):
            import torch

            parts = self._parts
            pixels = torch.stack([parts.preprocess(for_model(picture)) for picture in pictures])
            return self._features(parts.model.encode_image, pixels)

    def _features(self, tower: Any, inputs: Any) -> Matrix:
        import torch

        weights = self._weights
        kind, half = weights.device.partition(":")[0], weights.precision != "float32"
        with torch.inference_mode(), torch.autocast(kind, weights.dtype, enabled=half):
            return unit_rows(tower(inputs.to(weights.device)))

    @cached_property
    def _weights(self) -> Weights:
        return Weights(self.spec, hub.open_clip_repository(self._name), "open_clip")

    @cached_property
    def _settings(self) -> dict[str, Any]:
        path = self._weights.folder / "open_clip_config.json"
        try:
            settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["model_cfg"]
            return {**settings, "text_cfg": {**settings["text_cfg"]}}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelError(
                f"{self.spec} has no open_clip_config.json that can be read in {path.parent}"
            ) from error

    @property
    def _is_english(self) -> bool:
        text = self._settings["text_cfg"]
        return text.get("vocab_size", _ENGLISH_WORDS) == _ENGLISH_WORDS and "hf_tokenizer_name" not in text

    @property
    def _parts(self) -> _Parts:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> _Parts:
        with running(self.spec):
            open_clip = hub.import_open_clip(self.spec)
            place = f"local-dir:{self._weights.folder}"
            model, preprocess = open_clip.create_model_from_pretrained(place, device=self._weights.device)
            return _Parts(model.eval(), preprocess, open_clip.get_tokenizer(place))


@dataclass(frozen=True, slots=True)
class _Parts:
    model: Any
    preprocess: Any
    tokenizer: Any


def _plain(texts: Sequence[str]) -> list[str]:
    return [_MARKS.sub(" ", text) for text in texts]
