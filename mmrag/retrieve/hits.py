"""From rows of pages and elements to the hits that a search returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.retrieve.corpus import Corpus
from mmrag.retrieve.evidence import Evidence
from mmrag.retrieve.fusion import RankedList
from mmrag.types import BBox, Element, Hit, Kind, Page, Source, element_id

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


def to_hits(
    store: Reader,
    corpus: Corpus,
    pages: Rows,
    scores: Scores,
    lists: Sequence[RankedList],
    evidence: Mapping[int, Evidence],
) -> list[Hit]:
    """Hits for pages, in their order.

    Args:
        store: the index.
        corpus: what of it is in memory.
        pages: rows, best first.
        scores: of the pages.
        lists: that brought them.
        evidence: by row of the page.
    """
    elements = corpus.elements(store, [row for found in evidence.values() for row in found.elements])
    chunks = [found.chunk for found in evidence.values() if found.chunk is not None]
    snippets = corpus.snippets(store, chunks)
    silent = [page for page, found in evidence.items() if not found.elements]
    alone = store.pages(silent) if silent else {}
    hits: list[Hit] = []
    for row, score, brought in zip(pages.tolist(), scores.tolist(), _sources(pages, lists), strict=True):
        found = evidence[row]
        if found.elements:
            owner, page, _ = elements[found.elements[0]]
            members = tuple([elements[element][2] for element in found.elements])
        else:
            owner, page = alone[row]
            members = (_whole(page),)
        snippet = (found.chunk and snippets[found.chunk]) or _beginning(members[0])
        rank = len(hits) + 1
        hits.append(
            Hit(rank, score, corpus.documents[owner], page, members[0], members, tuple(brought), snippet)
        )
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
    if len(text) <= length:
        return text
    # Chinese has hardly any blanks: at one that stands early, most of the text would go.
    blank = text.rfind(" ", length * 4 // 5, length)
    return text[: length if blank < 0 else blank] + " …"


def _sources(pages: Rows, lists: Sequence[RankedList]) -> list[list[Source]]:
    """For each page the lists that have it, with its rank and score there."""
    sources: dict[int, list[Source]] = {page: [] for page in pages.tolist()}
    for ranked in lists:
        for rank, page in enumerate(ranked.pages.tolist()):
            if page in sources:
                sources[page].append(Source(ranked.name, rank + 1, ranked.scores.item(rank)))
    return list(sources.values())
