"""Which elements speak for a page that was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.index.vectors.space import VectorSpace
from mmrag.retrieve.corpus import Corpus

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


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


@dataclass(slots=True)
class _Sum:
    """What all lists say about elements of the found pages.

    Attributes:
        scores: of each element (by row), added up over the lists.
        chunks: of an element the score and the row of the chunk that matched best, over all lists.
    """

    scores: dict[int, float]
    chunks: dict[int, tuple[float, int]]

    def add(self, elements: Rows, scores: Scores) -> None:
        """One list's scores, each element once."""
        for element, score in zip(elements.tolist(), scores.tolist(), strict=True):
            self.scores[element] = self.scores.get(element, 0.0) + score

    def add_chunks(self, elements: Rows, scores: Scores, chunks: Rows) -> None:
        """One list's scores by chunk. An element may come several times: its best chunk counts."""
        best: dict[int, tuple[float, int]] = {}
        for element, score, chunk in zip(elements.tolist(), scores.tolist(), chunks.tolist(), strict=True):
            if element not in best or score > best[element][0]:
                best[element] = score, chunk
        for element, found in best.items():
            self.scores[element] = self.scores.get(element, 0.0) + found[0]
            if element not in self.chunks or found[0] > self.chunks[element][0]:
                self.chunks[element] = found


def find_evidence(
    store: Reader,
    corpus: Corpus,
    pages: Rows,
    asked: Sequence[Matched],
    lexical: tuple[Rows, Rows, Scores],
    allowed: Rows | None,
    count: int,
) -> dict[int, Evidence]:
    """For each page its best elements; ties in the order of rows.

    Dense scores are exact, also for chunks that the search did not bring. Scores of different spaces and of
    BM25 live on different scales. Before they are added, those of a space are divided by the best on these
    pages, with equal shares of all spaces; those of BM25 by the best on any page. What a page with many
    vectors matched counts for the elements in whose boxes it stands.

    Args:
        store: the index.
        corpus: what of it is in memory.
        pages: rows of the pages found.
        asked: spaces with the query's vectors in each.
        lexical: rows of elements, of their pages, and their BM25 scores, best first.
        allowed: only these elements, if given.
        count: at most so many elements a page.
    """
    told = _Sum({}, {})
    share = 1 / len(asked) if asked else 0.0
    for matched in asked:
        if isinstance(matched.space, VectorSpace):
            _hear_chunks(told, matched.space, matched.vectors, pages, share)
        else:
            _hear_boxes(told, store, corpus, matched.space, matched.vectors, pages, share)
    _hear_words(told, pages, lexical)
    members: dict[int, list[int]] = {page: [] for page in pages.tolist()}
    for element, page in _best_first(told, corpus, allowed):
        found = members[page]
        if len(found) < count:
            found.append(element)
    # A page may have been found by what is on no single element of it.
    silent = [page for page, found in members.items() if not found]
    passing = None if allowed is None or not silent else set(allowed.tolist())
    for page, found in store.elements_of_pages(silent).items() if silent else ():
        members[page] = [row for row in found if passing is None or row in passing][:count]
    none = 0.0, None
    return {
        page: Evidence(found, told.chunks.get(found[0], none)[1] if found else None)
        for page, found in members.items()
    }


def _best_first(told: _Sum, corpus: Corpus, allowed: Rows | None) -> list[tuple[int, int]]:
    """Elements, each with its page; ties in the order of rows."""
    elements = np.fromiter(told.scores, np.int64, len(told.scores))
    scores = np.fromiter(told.scores.values(), np.float64, len(elements))
    if allowed is not None:
        kept = np.isin(elements, allowed)
        elements, scores = elements[kept], scores[kept]
    elements = elements[np.lexsort((elements, -scores))]
    return list(zip(elements.tolist(), corpus.page_of[elements].tolist(), strict=True))


def _hear_chunks(
    told: _Sum, space: VectorSpace, query: NDArray[np.float32], pages: Rows, share: float
) -> None:
    at = space.places.on(pages)
    chunks = space.places.chunks[at]
    near = space.score(query, chunks)
    near = near / max(float(near.max(initial=0.0)), 1e-6)
    told.add_chunks(space.places.elements[at], share * near.astype(np.float64), chunks)


def _hear_boxes(
    told: _Sum,
    store: Reader,
    corpus: Corpus,
    space: PageSpace,
    query: NDArray[np.float32],
    pages: Rows,
    share: float,
) -> None:
    """The mean over the query's vectors of the best similarity inside each element's box."""
    regions = [one for one in corpus.regions(store, space, pages.tolist()) if len(one.elements)]
    if not regions:
        return
    near = space.products(query, np.concatenate([region.vectors for region in regions]))
    counts = np.concatenate([region.counts for region in regions])
    best = np.maximum.reduceat(near, counts.cumsum() - counts, axis=0)
    scores = best.mean(axis=1, dtype=np.float64)
    elements = np.concatenate([region.elements for region in regions])
    told.add(elements, share * scores / max(float(scores.max()), 1e-6))


def _hear_words(told: _Sum, pages: Rows, lexical: tuple[Rows, Rows, Scores]) -> None:
    elements, places, bm25 = lexical
    is_found = np.zeros(int(max(pages.max(initial=-1), places.max(initial=-1))) + 1, np.bool_)
    is_found[pages] = True
    here = is_found[places].nonzero()[0]
    if len(here):
        told.add(elements[here], bm25[here] / bm25[0])
