"""The encoder seam: texts, pictures and queries become vectors.

An encoder only encodes. Ordering by length, batching, progress, and checks of shape, norm and
finiteness live once, in `mmrag.encoders.batching`, above every implementation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from mmrag.types import BBox, Line

Matrix = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts, pictures and queries into vectors of one space.

    What becomes many vectors a page is a `PageEncoder`.

    Attributes:
        spec: what resolves to it, e.g. ``mini:text``.
        modalities: subset of ``{"text", "picture"}`` that it encodes.
        dim: length of a vector.
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


@runtime_checkable
class WordReader(Protocol):
    """An encoder that reads the words in pictures itself, and is spared it where they are known."""

    def encode_read(self, pictures: Sequence[Image], words: Sequence[str]) -> Matrix:
        """As `Encoder.encode_pictures`, of pictures with these words in them, empty where there are none."""
        ...


@dataclass(frozen=True, slots=True)
class PageView:
    """What a page encoder may look at.

    Attributes:
        lines: all lines of the page, top to bottom, with their boxes.
        figures: boxes of the page's figures.
        picture: draws the page in RGB; called only by encoders that look at pixels.
    """

    lines: tuple[Line, ...]
    figures: tuple[BBox, ...]
    picture: Callable[[], Image]


@dataclass(frozen=True, slots=True)
class PageVectors:
    """A page as many vectors.

    Attributes:
        vectors: ``(n, dim)`` float32, rows of unit length, without padding; n may be 0 for an empty page.
        boxes: ``(n, 4)`` float32, x0 y0 x1 y1 in page fractions; a row of NaN for a vector of no place.
    """

    vectors: Matrix
    boxes: Matrix


class PageEncoder(Protocol):
    """Turns each page into vectors of its own and a query into several: late interaction.

    A page's score is the sum, over the query's vectors, of each one's best inner product with a vector
    of the page (MaxSim; Khattab & Zaharia 2020, "ColBERT"). An encoder that gives one vector a page and
    one a query is the simplest case.

    Attributes: ``spec``, ``dim``, ``scripts``, ``languages`` and ``fingerprint`` as in `Encoder`.
    """

    spec: str
    dim: int
    scripts: frozenset[str] | None
    languages: frozenset[str] | None
    fingerprint: str

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        """One value a page; it does not depend on the other pages of the call."""
        ...

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """For each query ``(m, dim)`` float32, rows of unit length, m at least 1."""
        ...
