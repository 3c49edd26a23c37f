"""MaxSim as its definition reads, in float64, and random pages to try it on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def unit(rows: NDArray[np.floating]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def ragged(
    rng: np.random.Generator, pages: int, dim: int, most: int = 80, least: int = 0
) -> list[NDArray[np.float16]]:
    """Pages of ``least`` to ``most`` vectors of unit length."""
    counts = rng.integers(least, most, pages, endpoint=True)
    return [unit(rng.normal(size=(count, dim))).astype(np.float16) for count in counts]


def reference(query: NDArray[np.float32], pages: list[NDArray[np.float16]]) -> NDArray[np.float64]:
    """One score a page; -inf for a page without vectors."""
    scores = np.full(len(pages), -np.inf)
    for at, page in enumerate(pages):
        if len(page):
            products = query.astype(np.float64) @ page.astype(np.float64).T
            scores[at] = products.max(axis=1).sum()
    return scores


def ranking(scores: NDArray[np.floating], k: int) -> list[int]:
    """Positions of the ``k`` best that are not -inf; of equals the first."""
    order = np.argsort(-scores, kind="stable")[:k]
    return [int(at) for at in order if np.isfinite(scores[at])]
