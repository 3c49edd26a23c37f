"""From rows of pages and elements to the hits that a search returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.retrieve.evidence import Evidence
from mmrag.retrieve.fusion import RankedList
from mmrag.types import BBox, Document, Element, Hit, Kind, Page, Source, element_id

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


def to_hits(
    store: Reader,
    documents: Mapping[int, Document],
    pages: Rows,
    scores: Scores,
    lists: Sequence[RankedList],
    evidence: Mapping[int, Evidence],
) -> list[Hit]:
    """Hits for pages, in their order.

    Args:
        store: the index.
        documents: by row.
        pages: rows, best first.
        scores: of the pages.
        lists: that brought them.
        evidence: by row of the page.
    """
    rows = pages.tolist()
    values = store.pages_of(documents, rows)
    elements = store.elements_on(
        {row: page for row, (_, page) in values.items()},
        [row for found in evidence.values() for row in found.elements],
    )
    snippets = store.snippets([found.chunk for found in evidence.values() if found.chunk is not None])
    hits: list[Hit] = []
    for row, score, brought in zip(rows, scores.tolist(), _sources(pages, lists), strict=True):
        found = evidence[row]
        document, page = values[row]
        members = tuple([elements[element] for element in found.elements]) or (_whole(page),)
        snippet = (found.chunk and snippets[found.chunk]) or _beginning(members[0])
        hits.append(Hit(len(hits) + 1, score, document, page, members[0], members, tuple(brought), snippet))
    return hits


def _whole(page: Page) -> Element:
    """A page without elements speaks for itself."""
    box = BBox(0, 0, 1, 1)
    return Element(
        element_id(page.document, page.number, Kind.PAGE, box, ""),
        page.document,
        page.number,
        Kind.PAGE,
        box,
        "",
    )


def _beginning(element: Element, length: int = 300) -> str:
    text = element.caption or element.text or str(element.metadata.get("description", ""))
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"


def _sources(pages: Rows, lists: Sequence[RankedList]) -> list[list[Source]]:
    """For each page the lists that have it, with its rank and score there."""
    sources: list[list[Source]] = [[] for _ in pages]
    for ranked in lists:
        positions, ranks = np.nonzero(pages[:, None] == ranked.pages)
        scores = ranked.scores[ranks].tolist()
        for position, rank, score in zip(positions.tolist(), ranks.tolist(), scores, strict=True):
            sources[position].append(Source(ranked.name, rank + 1, score))
    return sources
