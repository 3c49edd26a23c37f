"""Which elements speak for a page that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.index.vectors import VectorSpace

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Matched:
    """A space with the query's vectors in it: ``(dim,)``, or ``(m, dim)`` where pages have many."""

    space: VectorSpace | PageSpace
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of a page's best elements, best first, and of the chunk of the first that matched best, if any."""

    elements: list[int]
    chunk: int | None


class _Scores:
    """What the elements of the found pages have come to, by row."""

    def __init__(self) -> None:
        self.of: dict[int, float] = {}
        self.page: dict[int, int] = {}
        self.chunk: dict[int, tuple[float, int]] = {}

    def add(self, element: int, page: int, score: float) -> None:
        self.of[element] = self.of.get(element, 0.0) + score
        self.page[element] = page


def find_evidence(
    store: Reader,
    pages: Rows,
    asked: Sequence[Matched],
    lexical: tuple[Rows, Rows, NDArray[np.float64]],
    allowed: Rows | None,
    count: int,
) -> dict[int, Evidence]:
    """For each page its best elements.

    Dense scores are exact, also for chunks that the search did not bring. Scores of different spaces and of
    BM25 live on different scales: each is divided by the best of these pages before they are added, the dense
    ones with equal shares. What a page with many vectors matched counts for the elements in whose boxes it
    stands.

    Args:
        store: the index.
        pages: rows of the pages found.
        asked: spaces with the query's vectors in each.
        lexical: rows of elements, of their pages, and their BM25 scores, best first.
        allowed: only these elements, if given.
        count: at most so many elements a page.
    """
    scores = _Scores()
    for matched in asked:
        if isinstance(matched.space, VectorSpace):
            _add_chunks(scores, matched.space, matched.vectors, pages, 1 / len(asked))
        else:
            _add_boxes(scores, store, matched.space, matched.vectors, pages, 1 / len(asked))
    elements, places, bm25 = lexical
    if len(elements):
        here = np.isin(places, pages)
        for element, page, score in zip(
            elements[here].tolist(), places[here].tolist(), (bm25[here] / bm25[0]).tolist(), strict=True
        ):
            scores.add(element, page, score)
    kept = None if allowed is None else set(allowed.tolist())
    members: dict[int, list[int]] = {page: [] for page in pages.tolist()}
    for element in sorted(scores.of, key=scores.of.__getitem__, reverse=True):
        if (kept is None or element in kept) and len(members[scores.page[element]]) < count:
            members[scores.page[element]].append(element)
    # A page may have been found by what is on no single element of it.
    silent = [page for page, found in members.items() if not found]
    for page, found in store.elements_of_pages(silent).items() if silent else ():
        members[page] = [row for row in found if kept is None or row in kept][:count]
    return {
        page: Evidence(found, scores.chunk[found[0]][1] if found and found[0] in scores.chunk else None)
        for page, found in members.items()
    }


def _add_chunks(
    scores: _Scores, space: VectorSpace, query: NDArray[np.float32], pages: Rows, share: float
) -> None:
    places = space.places
    at = places.on(pages)
    chunks = places.chunks[at]
    near = space.score(query, chunks)
    near = near / max(float(near.max(initial=0.0)), 1e-6)
    best: dict[int, tuple[float, int]] = {}
    # From the worst to the best, so that the best stays; of equals the first chunk.
    order = np.lexsort((-chunks, near))
    elements, owners = places.elements[at][order].tolist(), places.pages[at][order].tolist()
    for element, page, chunk, score in zip(
        elements, owners, chunks[order].tolist(), near[order].tolist(), strict=True
    ):
        best[element] = (score, chunk)
        scores.page[element] = page
    for element, (score, chunk) in best.items():
        scores.of[element] = scores.of.get(element, 0.0) + share * score
        if element not in scores.chunk or score > scores.chunk[element][0]:
            scores.chunk[element] = (score, chunk)


def _add_boxes(
    scores: _Scores,
    store: Reader,
    space: PageSpace,
    query: NDArray[np.float32],
    pages: Rows,
    share: float,
) -> None:
    """The mean over the query's vectors of the best similarity inside each element's box."""
    found: list[tuple[int, int, float]] = []
    for page, members in store.boxes_of_pages(pages.tolist()).items():
        near, places = space.similarity(store, page, query)
        centres = (places[:, :2] + places[:, 2:]) / 2
        for element, x0, y0, x1, y1 in members:
            inside = (centres >= (x0, y0)).all(axis=1) & (centres <= (x1, y1)).all(axis=1)
            if inside.any():
                found.append((element, page, float(near[:, inside].max(axis=1).mean())))
    best = max((score for *_, score in found), default=0.0)
    for element, page, score in found:
        scores.add(element, page, share * score / max(best, 1e-6))
