"""What a retriever keeps in memory of the documents: where every page and every element stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.retrieve.kept import Kept
from mmrag.retrieve.regions import Region, read_regions
from mmrag.types import Document, Element, Page

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

ELEMENTS_KEPT = 8192
"""How many elements, and snippets of chunks, stay in memory after a search has read them; some 2 kB each."""

REGIONS_KEPT = 1 << 25
"""Bytes of page vectors that stay in memory of each space, beside those that it is searched by."""


def _none() -> Rows:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one committed state of an index holds, by row: 8 bytes a page and 4 bytes an element.

    What was read of elements and pages stays, for the next question that finds them, as long as the state
    does. Call what takes a store inside a snapshot of that state.

    Attributes:
        documents: by row, in the order of their paths.
        place_of: ``(last page's row + 1,)`` int64: where a page stands among all, by its row.
        page_of: ``(last element's row + 1,)`` int32: row of an element's page, by the element's row.
    """

    documents: dict[int, Document] = field(default_factory=dict)
    place_of: Rows = field(default_factory=_none)
    page_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    _elements: Kept[tuple[int, Page, Element]] = field(default_factory=lambda: Kept(ELEMENTS_KEPT))
    _snippets: Kept[str] = field(default_factory=lambda: Kept(ELEMENTS_KEPT))
    _regions: dict[int, Kept[Region]] = field(default_factory=dict)

    @classmethod
    def load(cls, store: Reader) -> Corpus:
        """As the truth has it. Call inside ``with store.snapshot():``."""
        documents = store.documents()
        pages, owners, numbers = store.page_places()
        rank = {row: position for position, row in enumerate(documents)}
        place_of = np.zeros(int(pages.max(initial=-1)) + 1, np.int64)
        # Documents in the order of their paths, pages in the order of their numbers.
        place_of[pages] = (np.array([rank[row] for row in owners.tolist()], np.int64) << 32) + numbers
        elements, on = store.element_places()
        page_of = np.zeros(int(elements.max(initial=-1)) + 1, np.int32)
        page_of[elements] = on
        return cls(documents, place_of, page_of)

    def best(self, pages: Rows, scores: Scores, count: int) -> tuple[Rows, Scores]:
        """The ``count`` pages of the highest scores, best first; ties in the order in which pages stand."""
        if count < len(pages):
            # Sorting what can't be among the best would take most of the time.
            kept = (scores >= np.partition(scores, -count)[-count]).nonzero()[0]
            pages, scores = pages[kept], scores[kept]
        order = np.lexsort((self.place_of[pages], -scores))[:count]
        return pages[order], scores[order]

    def elements(self, store: Reader, rows: Sequence[int]) -> Mapping[int, tuple[int, Page, Element]]:
        """As `Reader.elements_on` for these rows at least."""
        return self._elements.get(rows, partial(store.elements_on, self.documents))

    def snippets(self, store: Reader, chunks: Sequence[int]) -> Mapping[int, str]:
        """As `Reader.snippets` for these rows at least."""
        return self._snippets.get(chunks, store.snippets)

    def regions(self, store: Reader, space: PageSpace, pages: Sequence[int]) -> list[Region]:
        """The region of each of these pages (by row)."""
        kept = self._regions.get(space.row)
        if kept is None:
            kept = self._regions[space.row] = Kept(REGIONS_KEPT, lambda region: region.vectors.nbytes)
        found = kept.get(pages, partial(read_regions, store, space))
        return [found[page] for page in pages]
