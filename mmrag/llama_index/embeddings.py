"""``llama-index:`` as an encoder: any embedding model of LlamaIndex, of texts or of texts and pictures."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Matrix
from mmrag.errors import ModelError
from mmrag.generators.estimating import text_tokens
from mmrag.llama_index.part import Part
from mmrag.pictures import for_model
from mmrag.text.control import without_control_tokens

_BASE = "llama_index.core.base.embeddings.base:BaseEmbedding"
_OF_PICTURES = "llama_index.core.embeddings.multi_modal_base"
_DIMS = ("embed_dim", "dimensions")
_LENGTHS = ("max_length", "max_seq_length")
_SPECIAL = 2  # tokens around a text
_MEDIA = re.compile(
    r"data:|https?://|.*\.(?:jpe?g|png|gif|bmp|tiff?|webp|mp4|avi|mov|wmv|flv|mkv|mp3|wav|ogg|flac|aac)\Z",
    re.IGNORECASE | re.DOTALL,
)

MAX_TOKENS = 512
"""Longest text where the model does not say: what most read at least. Longer ones are cut by some unseen."""


class LlamaIndexEncoder:
    """A `BaseEmbedding`, or a `MultiModalEmbedding`; see `mmrag.encoders.base.Encoder`.

    Which scripts and languages it knows is not told: all are assumed. Its tokens are estimated from above.

    Args:
        name: ``package.module:Class?key=value``, see `mmrag.llama_index.part.Part`.
    """

    scripts: frozenset[str] | None = None
    languages: frozenset[str] | None = None

    def __init__(self, name: str) -> None:
        self._part = Part(name, _BASE, "embedding model")
        self.spec = self._part.spec

    @property
    def fingerprint(self) -> str:
        """The spec, and the version of the class's package."""
        return self._part.identity

    @cached_property
    def modalities(self) -> frozenset[str]:
        """``text``, and ``picture`` for a `MultiModalEmbedding`."""
        of_pictures = importlib.import_module(_OF_PICTURES).MultiModalEmbedding
        return frozenset({"text", "picture"} if issubclass(self._part.kind, of_pictures) else {"text"})

    @cached_property
    def dim(self) -> int:
        """Length of a vector: as the model says, else of one that it is asked for."""
        told = _told(self._part.made, _DIMS)
        if told is not None:
            return told
        with self._part.running():
            return len(self._part.made.get_text_embedding("dimension"))

    @property
    def max_tokens(self) -> int:
        """Longest text that is read whole, as the model says; else 512."""
        return _told(self._part.made, _LENGTHS) or MAX_TOKENS

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """An estimate from above of each text's tokens."""
        return [text_tokens(text) + _SPECIAL for text in texts]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), dim)`` float32, rows of unit length.

        Raises:
            ModelError: if the model fails.
        """
        with self._part.running():
            return self._unit(self._part.made.get_text_embedding_batch(self._clean(texts)))

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """``(len(queries), dim)`` float32, rows of unit length, as the model embeds questions.

        Raises:
            ModelError: if the model fails.
        """
        with self._part.running():
            return self._unit([self._part.made.get_query_embedding(query) for query in self._clean(queries)])

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """``(len(pictures), dim)`` float32, rows of unit length.

        Raises:
            ModelError: if the model reads text only or fails, or a picture can't be decoded.
        """
        if "picture" not in self.modalities:
            raise ModelError(f"the encoder {self.spec} reads text only; it can't encode pictures")
        plain = [for_model(picture) for picture in pictures]
        # As files: some classes take paths alone.
        with self._part.running(), tempfile.TemporaryDirectory(prefix="mmrag-") as folder:
            paths = [str(Path(folder, f"{number}.png")) for number in range(len(plain))]
            for picture, path in zip(plain, paths, strict=True):
                picture.save(path, compress_level=1)
            return self._unit(self._part.made.get_image_embedding_batch(paths))

    def _clean(self, texts: Sequence[str]) -> list[str]:
        """Without control tokens, never empty, which servers refuse, and never to be taken for a picture.

        Classes that take pictures by path and address open a text that is one; with a blank before it, it is
        none.
        """
        clean = [without_control_tokens(text) or " " for text in texts]
        if "picture" not in self.modalities:
            return clean
        return [f" {text}" if _MEDIA.match(text) else text for text in clean]

    def _unit(self, vectors: Sequence[Any]) -> Matrix:
        rows = np.asarray(vectors, np.float32).reshape(len(vectors), -1 if len(vectors) else self.dim)
        rows[(rows == 0).all(axis=1)] = 1  # a text without a known token: the direction that favours no axis
        # In two steps, so that neither very long nor very short vectors are lost to float32.
        rows = rows / np.abs(rows).max(axis=1, keepdims=True, initial=0)
        unit: Matrix = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        return unit


def _told(model: Any, names: Sequence[str]) -> int | None:
    values = (getattr(model, name, None) for name in names)
    return next((value for value in values if isinstance(value, int) and value > 0), None)
