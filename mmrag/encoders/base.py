"""The encoder seam: texts, pictures and queries become vectors.

An encoder only encodes. Ordering by length, batching, progress, and checks of shape, norm and
finiteness live once, in `mmrag.encoders.batching`, above every implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

Matrix = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts, pictures and queries into vectors of one space.

    Attributes:
        spec: what resolves to it, e.g. ``mini:text``.
        modalities: subset of ``{"text", "picture"}`` that it encodes.
        dim: length of a vector.
        multi_vector: whether an item becomes several vectors (late interaction). Such an encoder
            implements `MultiVectorEncoder`.
        max_tokens: longest text that it reads whole, in its own tokens, special tokens included.
        scripts: ISO 15924 codes of the scripts that it was trained on (``Latn``, ``Hani``, …), or
            ``None`` for all: what it can't read is kept out of its space, and a query that it
            can't read is not sent to it.
        languages: ISO 639-1 codes of the languages that it was trained on, or ``None`` for all. A query
            goes to the first encoder of a recipe that knows its language.
        fingerprint: changes whenever the same input would give other vectors.
    """

    spec: str
    modalities: frozenset[str]
    dim: int
    multi_vector: bool
    max_tokens: int
    scripts: frozenset[str] | None
    languages: frozenset[str] | None
    fingerprint: str

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Length of each text in the encoder's tokens, special tokens included."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """``(len(texts), dim)`` float32, rows of unit length; a row does not depend on the others."""
        ...

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        """``(len(pictures), dim)`` float32, rows of unit length.

        Raises:
            ModelError: if ``"picture"`` is not in ``modalities``.
        """
        ...

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """``(len(queries), dim)`` float32, rows of unit length, after the encoder's query prompt."""
        ...


class MultiVectorEncoder(Protocol):
    """Turns each item into a matrix of its own (late interaction, Khattab & Zaharia 2020).

    Attributes are those of `Encoder`, with ``multi_vector`` true. Every returned matrix is
    ``(vectors, dim)`` float32 with rows of unit length and without padding.
    """

    spec: str
    modalities: frozenset[str]
    dim: int
    multi_vector: bool
    max_tokens: int
    scripts: frozenset[str] | None
    languages: frozenset[str] | None
    fingerprint: str

    def encode_texts(self, texts: Sequence[str]) -> list[Matrix]:
        """One matrix a text."""
        ...

    def encode_pictures(self, pictures: Sequence[Image]) -> list[Matrix]:
        """One matrix a picture."""
        ...

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """One matrix a query."""
        ...
