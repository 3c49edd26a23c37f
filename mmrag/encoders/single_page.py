"""A single-vector encoder of pictures as a page encoder: one vector a page, one a query."""

from __future__ import annotations

import inspect
from collections.abc import Sequence

import numpy as np

from mmrag.encoders.base import Encoder, Matrix, PageVectors, PageView
from mmrag.errors import ModelError

_WHOLE = np.array([[0, 0, 1, 1]], dtype=np.float32)


class SinglePage:
    """Sees each page as one picture. MaxSim of one vector with one vector is their inner product.

    Args:
        encoder: of pictures and texts in one space.

    Attributes:
        sees_pixels: true; every page is drawn, ahead of its turn.

    Raises:
        ModelError: if the encoder reads text only; where its weights alone can tell, `encode_pages` raises.
    """

    sees_pixels = True

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.spec = encoder.spec
        declared = inspect.getattr_static(encoder, "modalities", None)
        if isinstance(declared, frozenset):  # else a property, which may have to load the weights
            self._check(declared)

    @property
    def fingerprint(self) -> str:
        """That of the encoder."""
        return self._encoder.fingerprint

    @property
    def dim(self) -> int:
        """Length of a vector."""
        return self._encoder.dim

    @property
    def scripts(self) -> frozenset[str] | None:
        """Those of the encoder."""
        return self._encoder.scripts

    @property
    def languages(self) -> frozenset[str] | None:
        """Those of the encoder."""
        return self._encoder.languages

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        """For each page one vector, of the whole page.

        Raises:
            ModelError: if the encoder reads text only, or fails.
        """
        self._check(self._encoder.modalities)
        vectors = self._encoder.encode_pictures([page.picture() for page in pages])
        return [PageVectors(vector[None], _WHOLE.copy()) for vector in vectors]

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """For each query ``(1, dim)`` float32 of unit length."""
        return [vector[None] for vector in self._encoder.encode_queries(queries)]

    def _check(self, modalities: frozenset[str]) -> None:
        if not {"text", "picture"} <= modalities:
            raise ModelError(
                f"{self.spec} reads text only, and strategy visual looks at pages: take one of pictures"
            )
