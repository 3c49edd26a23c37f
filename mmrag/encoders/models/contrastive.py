"""``clip:`` and ``siglip:``: two towers of transformers, one for text and one for pictures, with one space.

CLIP (Radford et al. 2021), Chinese-CLIP (Yang et al. 2022), SigLIP (Zhai et al. 2023), SigLIP 2 (Tschannen et
al. 2025), and every model of transformers that has ``get_text_features`` and ``get_image_features``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.models.languages import languages_of
from mmrag.encoders.models.rows import no_rows, unit_rows
from mmrag.errors import ModelError
from mmrag.pictures import for_model
from mmrag.weights.cleaning import cleaner
from mmrag.weights.device import running
from mmrag.weights.loading import Weights

_TRAINED_TOKENS = {"chinese_clip": 52}  # its positions go to 512, but only these were trained


class Contrastive:
    """A text tower and a picture tower.

    Args:
        spec: what resolves to it.
        name: hub id or local folder.
    """

    modalities = frozenset({"text", "picture"})

    def __init__(self, spec: str, name: str) -> None:
        self.spec = spec
        self._weights = Weights(spec, name)

    @property
    def fingerprint(self) -> str:
        """See `mmrag.weights.loading.Weights.fingerprint`."""
        return self._weights.fingerprint

    @cached_property
    def dim(self) -> int:
        """Length of a vector."""
        config, text = self._weights.config, self._text_config
        size = (
            getattr(config, "projection_dim", None)
            or getattr(text, "projection_size", None)
            or getattr(text, "projection_dim", None)
            or text.hidden_size
        )
        return int(size)

    @cached_property
    def max_tokens(self) -> int:
        """Longest text that the text tower was trained on, special tokens included."""
        positions = int(self._text_config.max_position_embeddings)
        trained = _TRAINED_TOKENS.get(self._weights.config.model_type, positions)
        return min(positions, trained, int(self._processor.tokenizer.model_max_length))

    @property
    def scripts(self) -> frozenset[str] | None:
        """Scripts of the training texts where they are known."""
        return languages_of(self._weights.config)[0]

    @property
    def languages(self) -> frozenset[str] | None:
        """Languages of the training texts where they are known."""
        return languages_of(self._weights.config)[1]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the model's tokens, special tokens included."""
        if not texts:
            return []
        with running(self.spec):
            ids = self._processor.tokenizer(self._clean(texts), truncation=False, verbose=False)["input_ids"]
        return [len(each) for each in ids]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), dim)`` float32, rows of unit length; tokens beyond ``max_tokens`` are not read.

        Raises:
            ModelError: if the model can't be loaded or run.
        """
        if not texts:
            return no_rows(self.dim)
        with running(self.spec):
            inputs = self._processor.tokenizer(
                self._clean(texts),
                padding="max_length" if self._weights.is_siglip else True,
                truncation=True,
                max_length=self.max_tokens,
                return_tensors="pt",
            )
            return self._features(self._model.get_text_features, inputs)

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
            plain = [for_model(picture) for picture in pictures]
            inputs = self._processor.image_processor(images=plain, return_tensors="pt")
            return self._features(self._model.get_image_features, inputs)

    def _features(self, tower: Any, inputs: Any) -> Matrix:
        import torch

        with torch.inference_mode():
            return unit_rows(tower(**self._weights.moved(inputs)).pooler_output)

    @property
    def _text_config(self) -> Any:
        return getattr(self._weights.config, "text_config", None) or self._weights.config

    @cached_property
    def _clean(self) -> Callable[[Sequence[str]], list[str]]:
        return cleaner(self._processor.tokenizer, lower=self._weights.is_siglip)

    @cached_property
    def _processor(self) -> Any:
        processor = self._weights.processor
        self._check(processor, "tokenizer", "image_processor")
        return processor

    @property
    def _model(self) -> Any:
        with self._weights.lock:
            return self._loaded

    @cached_property
    def _loaded(self) -> Any:
        model = self._weights.load("AutoModel")
        self._check(model, "get_text_features", "get_image_features")
        return model

    def _check(self, part: Any, *wanted: str) -> None:
        if not all(hasattr(part, name) for name in wanted):
            kind = (getattr(self._weights.config, "architectures", None) or ["model of unknown kind"])[0]
            raise ModelError(f"{self.spec} is a {kind}, not a model of texts and pictures: try st:")


def clip(name: str) -> Contrastive:
    """The encoder ``clip:name``: CLIP or Chinese-CLIP."""
    return Contrastive(f"clip:{name}", name)


def siglip(name: str) -> Contrastive:
    """The encoder ``siglip:name``: SigLIP or SigLIP 2."""
    return Contrastive(f"siglip:{name}", name)
