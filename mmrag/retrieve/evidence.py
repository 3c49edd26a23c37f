"""Which elements speak for a page that was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.index.vectors import VectorSpace

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


@dataclass(frozen=True, slots=True)
class _Voice:
    """What one list says about elements of the found pages: aligned ``(n,)`` arrays of rows and scores.

    An element may come several times, by several chunks: its best counts. ``chunks`` are -1 where no chunk
    matched.
    """

    elements: Rows
    pages: Rows
    chunks: Rows
    scores: Scores


def find_evidence(
    store: Reader,
    pages: Rows,
    asked: Sequence[Matched],
    lexical: tuple[Rows, Rows, Scores],
    allowed: Rows | None,
    count: int,
) -> dict[int, Evidence]:
    """For each page its best elements; ties in the order of rows.

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
    share = 1 / len(asked) if asked else 0.0
    voices = [
        _of_chunks(matched.space, matched.vectors, pages, share)
        if isinstance(matched.space, VectorSpace)
        else _of_boxes(store, matched.space, matched.vectors, pages, share)
        for matched in asked
    ]
    voices.append(_of_words(pages, lexical))
    members: dict[int, list[int]] = {page: [] for page in pages.tolist()}
    chunks: dict[int, int] = {}
    for element, page, chunk in _best_first(voices, allowed):
        found = members[page]
        if not found:
            chunks[page] = chunk
        if len(found) < count:
            found.append(element)
    # A page may have been found by what is on no single element of it.
    silent = [page for page, found in members.items() if not found]
    passing = None if allowed is None or not silent else set(allowed.tolist())
    for page, found in store.elements_of_pages(silent).items() if silent else ():
        members[page] = [row for row in found if passing is None or row in passing][:count]
    return {
        page: Evidence(found, chunk if (chunk := chunks.get(page, -1)) >= 0 else None)
        for page, found in members.items()
    }


def _best_first(voices: Sequence[_Voice], allowed: Rows | None) -> Iterator[tuple[int, int, int]]:
    """Elements, each with its page and its best chunk (-1 if it has none), by the sum of all voices.

    Ties in the order of rows.
    """
    elements = np.concatenate([voice.elements for voice in voices])
    chunks = np.concatenate([voice.chunks for voice in voices])
    pages = np.concatenate([voice.pages for voice in voices])
    scores = np.concatenate([voice.scores for voice in voices])
    voice = np.repeat(np.arange(len(voices)), [len(voice.elements) for voice in voices])
    # A table from elements to the one entry of each that stands for it.
    at = np.arange(len(elements))
    table = np.empty(int(elements.max(initial=-1)) + 1, np.int64)
    table[elements] = at
    entry = table[elements]
    # Written from the worst to the best, so that the best stays; of equals the first.
    order = np.argsort(-scores, kind="stable")[::-1]
    best = np.zeros((len(voices), len(elements)))
    best[voice[order], entry[order]] = scores[order]
    by_chunk = order[chunks[order] >= 0]
    chunk_of = np.full(len(elements), -1)
    chunk_of[entry[by_chunk]] = chunks[by_chunk]
    kept = (entry == at).nonzero()[0]
    if allowed is not None:
        kept = kept[np.isin(elements[kept], allowed)]
    kept = kept[np.lexsort((elements[kept], -best.sum(axis=0)[kept]))]
    return zip(elements[kept].tolist(), pages[kept].tolist(), chunk_of[kept].tolist(), strict=True)


def _of_chunks(space: VectorSpace, query: NDArray[np.float32], pages: Rows, share: float) -> _Voice:
    places = space.places
    at = places.on(pages)
    chunks = places.chunks[at]
    near = space.score(query, chunks)
    near = near / max(float(near.max(initial=0.0)), 1e-6)
    return _Voice(places.elements[at], places.pages[at], chunks, share * near.astype(np.float64))


def _of_boxes(
    store: Reader, space: PageSpace, query: NDArray[np.float32], pages: Rows, share: float
) -> _Voice:
    """The mean over the query's vectors of the best similarity inside each element's box."""
    elements, places, around = store.boxes_of_pages(pages.tolist())
    found = space.similarity(store, pages.tolist(), query)
    centres = (found.boxes[:, :2] + found.boxes[:, 2:]) / 2
    inside = places[:, None] == found.pages
    for axis in (0, 1):
        inside &= (centres[:, axis] >= around[:, axis, None]) & (
            centres[:, axis] <= around[:, axis + 2, None]
        )
    element, vector = inside.nonzero()
    speaks, starts = np.unique(element, return_index=True)
    scores = np.empty(0)
    if len(speaks):
        scores = np.maximum.reduceat(found.near[:, vector], starts, axis=1).mean(axis=0).astype(np.float64)
        scores = share * scores / max(float(scores.max()), 1e-6)
    return _Voice(elements[speaks], places[speaks], np.full(len(speaks), -1), scores)


def _of_words(pages: Rows, lexical: tuple[Rows, Rows, Scores]) -> _Voice:
    elements, places, bm25 = lexical
    is_found = np.zeros(int(max(pages.max(initial=-1), places.max(initial=-1))) + 1, np.bool_)
    is_found[pages] = True
    here = (is_found[places]).nonzero()[0]
    scores = bm25[here] / bm25[0] if len(here) else bm25[here]
    return _Voice(elements[here], places[here], np.full(len(here), -1), scores)
