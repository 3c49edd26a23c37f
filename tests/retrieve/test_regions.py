"""Vectors by the elements in whose boxes they stand, and what a query finds of them, against plain loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import pytest
from numpy.typing import NDArray

from mmrag.index.multivector.space import PageSpace
from mmrag.index.reader import Reader
from mmrag.retrieve.corpus import Corpus
from mmrag.retrieve.evidence import Matched, find_evidence

PAGES = [1, 2, 3, 4]
NOTHING = (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))


class FakeSpace:
    """Pages with vectors and boxes drawn fresh: vectors of no place, and a page without any."""

    row, dim = 1, 8

    def __init__(self, rng: np.random.Generator) -> None:
        self.read: list[int] = []
        self.held: dict[int, tuple[NDArray[np.float16], NDArray[np.float32]]] = {}
        for page, count in zip(PAGES[:3], (9, 0, 14), strict=True):
            corners = np.sort(rng.random((count, 2, 2)), axis=1).reshape(-1, 4).astype(np.float32)
            corners[::5] = np.nan
            self.held[page] = rng.normal(size=(count, self.dim)).astype(np.float16), corners

    def places(self, _: object, pages: Sequence[int]) -> Iterator[tuple[int, object, object]]:
        self.read += pages
        return ((page, *self.held[page]) for page in sorted(pages) if page in self.held)

    def products(self, query: NDArray[np.float32], vectors: NDArray[np.float16]) -> NDArray[np.float32]:
        return vectors.astype(np.float32) @ query.T


class FakeStore:
    """Three elements a page with boxes drawn fresh, of rows 10 to 12 on page 1 and so on."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.boxes = {
            page: [(10 * page + at, *np.sort(rng.random((2, 2)), axis=0).ravel().tolist()) for at in range(3)]
            for page in PAGES
        }

    def boxes_of_pages(self, pages: Sequence[int]) -> dict[int, list[tuple[float, ...]]]:
        return {page: self.boxes[page] for page in pages}

    def elements_of_pages(self, pages: Sequence[int]) -> dict[int, list[int]]:
        return {page: [10 * page + at for at in range(3)] for page in pages}


@pytest.mark.parametrize("seed", range(20))
def test_elements_score_the_mean_of_the_best_products_in_their_boxes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    space, store = FakeSpace(rng), FakeStore(rng)
    query = rng.normal(size=(3, space.dim)).astype(np.float32)
    corpus = Corpus(page_of=np.arange(60, dtype=np.int32) // 10)
    for _ in range(2):
        found = find_evidence(
            cast(Reader, store),
            corpus,
            np.array(PAGES),
            [Matched(cast(PageSpace, space), query)],
            NOTHING,
            None,
            3,
        )
        for page in PAGES:
            scores = _scores(space, store, page, query)
            expected = sorted(scores, key=lambda row, of=scores: -of[row])  # type: ignore[misc]
            assert found[page].elements == (expected or [10 * page, 10 * page + 1, 10 * page + 2])
            assert found[page].chunk is None
    assert sorted(space.read) == PAGES


def _scores(space: FakeSpace, store: FakeStore, page: int, query: NDArray[np.float32]) -> dict[float, float]:
    vectors, boxes = space.held.get(page, (np.empty((0, 8), np.float16), np.empty((0, 4), np.float32)))
    scores = {}
    for row, x0, y0, x1, y1 in store.boxes[page]:
        inside = [
            vector.astype(np.float32)
            for vector, (left, top, right, bottom) in zip(vectors, boxes, strict=True)
            if x0 <= (left + right) / 2 <= x1 and y0 <= (top + bottom) / 2 <= y1
        ]
        if inside:
            scores[row] = float(np.mean([max(float(one @ vector) for vector in inside) for one in query]))
    return scores
