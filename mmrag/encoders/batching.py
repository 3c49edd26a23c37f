"""What every encoder needs and none implements: order by length, batches, progress, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mmrag.encoders.base import Encoder, Matrix
from mmrag.errors import ModelError

_BATCH = 64
_NORM_TOLERANCE = 1e-3


def encode_texts(
    encoder: Encoder,
    texts: Sequence[str],
    on_progress: Callable[[int, int], None] | None = None,
    batch_size: int = _BATCH,
) -> Matrix:
    """Vectors of ``texts``, in their order: ``(len(texts), dim)`` float32, rows of unit length.

    Texts of like length are encoded together, the longest first, so that memory shows its peak at the
    beginning and the time left is not underestimated.

    Args:
        encoder: a single-vector encoder.
        texts: any number, none included.
        on_progress: called after each batch with the texts done so far and in total.
        batch_size: texts handed over at once, at least 1.

    Raises:
        ModelError: if the encoder fails, or its rows are too few, not finite or not of unit length.
    """
    vectors = np.empty((len(texts), encoder.dim), dtype=np.float32)
    order = sorted(range(len(texts)), key=lambda row: -len(texts[row]))
    for start in range(0, len(order), batch_size):
        rows = order[start : start + batch_size]
        vectors[rows] = checked(encoder, encoder.encode_texts([texts[row] for row in rows]), len(rows))
        if on_progress is not None:
            on_progress(start + len(rows), len(order))
    return vectors


def encode_query(encoder: Encoder, query: str) -> Matrix:
    """The vector of one query, ``(1, dim)`` float32 of unit length.

    Raises:
        ModelError: as `encode_texts`.
    """
    return checked(encoder, encoder.encode_queries([query]), 1)


def checked(encoder: Encoder, vectors: Matrix, rows: int) -> Matrix:
    """``vectors``, if they are ``rows`` finite rows of unit length.

    Raises:
        ModelError: if they are not; the message says what was found.
    """
    if vectors.shape != (rows, encoder.dim):
        raise ModelError(
            f"the encoder {encoder.spec} gave vectors of shape {vectors.shape}, not {(rows, encoder.dim)}"
        )
    if not np.isfinite(vectors).all():
        raise ModelError(f"the encoder {encoder.spec} gave vectors that are not finite numbers")
    norms = np.linalg.norm(vectors, axis=1)
    if (np.abs(norms - 1) > _NORM_TOLERANCE).any():
        raise ModelError(
            f"the encoder {encoder.spec} gave vectors of length {norms.min():.4g} to {norms.max():.4g}, not 1"
        )
    return vectors.astype(np.float32, copy=False)
