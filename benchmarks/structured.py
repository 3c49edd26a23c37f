"""Page vectors with structure, for what random ones can't show: pages, and queries that ask for them.

There are 20,000 things in 200 topics. A page is a grid of 32 × 32 patches cut into 15 to 60 regions (the
nearest of as many random points). Each region shows one thing, common ones more often than rare ones, or,
three times in ten, one of eight kinds of blank; a patch is its region's thing plus a random vector of length
``noise``. Six further vectors a page say nothing of it. All vectors lean towards one common direction, as
those of real encoders do. A query is 20 vectors around at most five things of one page, each with a random
vector as long as the thing added.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]

DIM, TOKENS, PATCHES, EXTRA = 128, 20, 32, 6
THINGS, TOPICS, BLANKS = 20_000, 200, 8
LEAN = 0.5


class World:
    """The things that pages show, drawn from one generator."""

    def __init__(self, noise: float, seed: int) -> None:
        self._noise = noise
        self._rng = np.random.default_rng(seed)
        topics = self._random(TOPICS)
        self._things = unit(0.6 * topics[self._rng.integers(0, TOPICS, THINGS)] + self._random(THINGS))
        self._blanks = self._random(BLANKS)
        self._common = self._random(1)

    def pages(self, count: int) -> Iterator[tuple[Matrix, NDArray[np.int64]]]:
        """Vectors, ``(1030, 128)`` of unit length, and the things that can be seen, of each page."""
        rows, columns = np.mgrid[:PATCHES, :PATCHES]
        for _ in range(count):
            regions = int(self._rng.integers(15, 60))
            points = self._rng.random((regions, 2)) * PATCHES
            apart = (rows[..., None] - points[:, 0]) ** 2 + (columns[..., None] - points[:, 1]) ** 2
            region = apart.argmin(axis=-1).ravel()
            shown = (THINGS * self._rng.random(regions) ** 2).astype(np.int64)
            blank = self._rng.random(regions) < 0.3
            kinds = self._blanks[self._rng.integers(0, BLANKS, regions)]
            content = np.where(blank[:, None], kinds, self._things[shown])
            patches = content[region] + self._noise * self._random(len(region))
            yield self._leant(np.concatenate([patches, self._random(EXTRA)])), shown[~blank]

    def query(self, things: NDArray[np.int64]) -> Matrix:
        """``(20, 128)`` of unit length, for a page that shows these things."""
        few = self._rng.choice(things, min(5, len(things)), replace=False)
        return self._leant(self._things[self._rng.choice(few, TOKENS)] + self._random(TOKENS))

    def _random(self, count: int) -> Matrix:
        return unit(self._rng.standard_normal((count, DIM), dtype=np.float32))

    def _leant(self, rows: Matrix) -> Matrix:
        return unit(unit(rows) + LEAN * self._common)


def unit(rows: Matrix) -> Matrix:
    """Rows of unit length."""
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)
