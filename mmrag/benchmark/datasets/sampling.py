"""Which elements of an index questions are written about."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest

from mmrag.index.reader import Reader
from mmrag.text.terms import terms
from mmrag.types import Document, Element, Kind

KINDS = (Kind.FIGURE, Kind.TABLE, Kind.TEXT)
"""In turn; those that show more than they say first."""

_FEWEST_TERMS = {Kind.TEXT: 40, Kind.TABLE: 12}
_SMALLEST = 0.01  # share of the page: smaller pictures are icons


@dataclass(frozen=True, slots=True)
class Source:
    """An element to ask about, and the page that it stands on."""

    document: Document
    element: Element
    page: tuple[Element, ...]

    @property
    def excerpt(self) -> str:
        """What the element says."""
        return _said(self.element)

    @property
    def whole_page(self) -> str:
        """What everything on its page says."""
        return "\n".join(map(_said, self.page))

    @property
    def prose(self) -> str:
        """The paragraphs of its page."""
        return " ".join(element.text for element in self.page if element.kind is Kind.TEXT)


def sample(reader: Reader, *, pictures: bool, seed: int) -> Iterator[Source]:
    """Elements in turn: a figure, a table, a text; of each kind one of every document before a second.

    Args:
        reader: of the index.
        pictures: whether figures are wanted.
        seed: the same elements come in the same order for the same seed.
    """
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    found: dict[Kind, list[list[Source]]] = {
        kind: [] for kind in KINDS if pictures or kind is not Kind.FIGURE
    }
    for row, document in reader.documents().items():
        sources = list(_sources(reader, row, document))
        for kind, documents in found.items():
            ours = [source for source in sources if source.element.kind is kind]
            chance.shuffle(ours)
            documents.append(ours)
    turns = []
    for documents in found.values():
        chance.shuffle(documents)
        turns.append(list(_in_turn(documents)))
    yield from _in_turn(turns)


def _in_turn(lists: Sequence[Sequence[Source]]) -> Iterator[Source]:
    return (source for source in chain.from_iterable(zip_longest(*lists)) if source is not None)


def _sources(reader: Reader, row: int, document: Document) -> Iterator[Source]:
    for _, page, _ in reader.document_pages(row):
        elements = tuple(reader.page_elements(document.path, page.number))
        for element in elements:
            if _is_worth_asking(element):
                yield Source(document, element, elements)


def _is_worth_asking(element: Element) -> bool:
    if element.kind is Kind.FIGURE:
        large = element.bbox is None or element.bbox.area >= _SMALLEST
        return element.picture is not None and large
    return element.kind in _FEWEST_TERMS and len(terms(element.text)) >= _FEWEST_TERMS[element.kind]


def _said(element: Element) -> str:
    """What an element says, with its section: a reader of the page knows where he is."""
    section = " > ".join(element.section[-2:])
    return "\n".join(part for part in (section and f"[{section}]", element.caption, element.text) if part)
