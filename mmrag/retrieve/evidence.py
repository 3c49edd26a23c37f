"""Which elements speak for a page that was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.index.vectors import VectorSpace

Rows = NDArray[np.int64]

ELEMENTS_A_HIT = 5


@dataclass(frozen=True, slots=True)
class Evidence:
    """Rows of a page's best elements, best first, and of the chunk of the first that matched best, if any."""

    elements: list[int]
    chunk: int | None


def find_evidence(
    store: Reader,
    pages: Rows,
    asked: Iterable[tuple[VectorSpace, NDArray[np.float32]]],
    lexical: tuple[Rows, Rows, NDArray[np.float64]],
    allowed: Rows | None,
) -> dict[int, Evidence]:
    """For each page its best elements.

    Dense scores are exact, also for chunks that the search did not bring; BM25 scores are scaled to at
    most 1, as cosines are.

    Args:
        store: the index.
        pages: rows of the pages found.
        asked: spaces with the query's ``(dim,)`` vector in each.
        lexical: rows of elements, of their pages, and their BM25 scores, best first.
        allowed: only these elements, if given.
    """
    best: dict[int, tuple[float, int]] = {}
    for space, vector in asked:
        at = space.places.on(pages)
        chunks = space.places.chunks[at]
        scores = space.score(vector, chunks).tolist()
        for element, chunk, score in zip(
            space.places.elements[at].tolist(), chunks.tolist(), scores, strict=True
        ):
            if element not in best or score > best[element][0]:
                best[element] = (score, chunk)
    rows, places, scaled = lexical[0], lexical[1], lexical[2] / max(lexical[2].max(initial=0.0), 1e-9)
    here = np.isin(places, pages)
    words: dict[int, float] = dict(zip(rows[here].tolist(), scaled[here].tolist(), strict=True))

    def score_of(element: int) -> float:
        dense = best[element][0] if element in best else 0.0
        return dense + words.get(element, 0.0)

    kept = None if allowed is None else set(allowed.tolist())
    found = {}
    for page, elements in store.elements_of_pages(pages.tolist()).items():
        members = elements if kept is None else [element for element in elements if element in kept]
        members = sorted(members, key=score_of, reverse=True)[:ELEMENTS_A_HIT]
        found[page] = Evidence(members, best[members[0]][1] if members[0] in best else None)
    return found
