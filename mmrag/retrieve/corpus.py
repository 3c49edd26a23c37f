"""What a retriever keeps in memory of the documents: where every page and every element stands."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader
from mmrag.types import Document, Element, Page

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]

ELEMENTS_KEPT = 8192
"""How many elements stay in memory after a search has read them; some 2 kB each."""


def _none() -> Rows:
    return np.empty(0, np.int64)


@dataclass(frozen=True, slots=True)
class Corpus:
    """What one committed state of an index holds, by row: 8 bytes a page and 4 bytes an element.

    Elements that were read stay, for the next question that finds them, as long as the state does.

    Attributes:
        documents: by row, in the order of their paths.
        place_of: ``(last page's row + 1,)`` int64: where a page stands among all, by its row.
        page_of: ``(last element's row + 1,)`` int32: row of an element's page, by the element's row.
    """

    documents: dict[int, Document] = field(default_factory=dict)
    place_of: Rows = field(default_factory=_none)
    page_of: NDArray[np.int32] = field(default_factory=lambda: np.empty(0, np.int32))
    _read: dict[int, tuple[int, Page, Element]] = field(default_factory=dict)

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

    def elements(self, store: Reader, rows: list[int]) -> dict[int, tuple[int, Page, Element]]:
        """As `Reader.elements_on` for these rows at least; only those that are not at hand are read.

        Call inside a snapshot of the state that this is of.
        """
        missing = [row for row in rows if row not in self._read]
        if missing:
            if len(self._read) + len(missing) > ELEMENTS_KEPT:
                self._read.clear()
                missing = rows
            self._read.update(store.elements_on(self.documents, missing))
        return self._read
