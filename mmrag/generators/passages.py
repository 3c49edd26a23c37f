"""What can be quoted: elements cut into sentences, table rows, captions and the words of figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mmrag.generators.rows import readable, shown
from mmrag.text.sentences import sentences
from mmrag.text.tables import table_rows
from mmrag.text.terms import terms
from mmrag.types import Element, Hit, Kind

LONGEST = 400
"""Characters of a quote, at most; a longer sentence is cut between words."""

SHORT = 60
"""A line of fewer characters that ends in no stop is no sentence but a label, a cell, a line of code."""

RUN = 240
"""Characters of a run of such lines that is quoted whole."""

WINDOW = 160
"""Characters of the windows into a longer run, so that a label keeps its value."""

_STOPS = tuple(".!?…。！？；")
_CLOSING = "\"'”’»」』)）]】》〉"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an element that may be quoted.

    Attributes:
        hit: the page it stands on.
        element: what it is part of.
        quote: as it stands in the element's text or caption.
        shown: the same for a reader: one line, a table row with its header cells.
        own: its terms, in order.
        near: terms of what gives it its meaning: header cells, caption, section, neighbours.
        far: terms of the rest of what was found on the page, and of the document's title.
        position: its place among the passages of its element.
        heads: whether it is a table's first row, which may name the columns.
    """

    hit: Hit
    element: Element
    quote: str
    shown: str
    own: tuple[str, ...]
    near: frozenset[str]
    far: frozenset[str]
    position: int
    heads: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """Document id and page number."""
        return self.hit.document.id, self.hit.page.number


@dataclass(frozen=True, slots=True)
class _Piece:
    """A quote before it is known what surrounds it; ``context`` gives it meaning but is not quoted."""

    quote: str
    shown: str
    context: str = ""
    heads: bool = False


def passages(hits: Sequence[Hit]) -> list[Passage]:
    """All that can be quoted from ``hits``, in their order, each piece of an element once."""
    found: list[Passage] = []
    seen: set[str] = set()
    for hit in hits:
        elements = [element for element in hit.elements or (hit.element,) if element.id not in seen]
        seen.update(element.id for element in elements)
        page = {element.id: frozenset(terms(f"{element.caption}\n{element.text}")) for element in elements}
        everything = frozenset(terms(hit.document.title)).union(*page.values())
        for element in elements:
            found += _passages_of(hit, element, everything)
    return found


def _passages_of(hit: Hit, element: Element, page: frozenset[str]) -> Iterator[Passage]:
    pieces = list(_pieces(element))
    own = [tuple(terms(piece.quote)) for piece in pieces]
    about = frozenset(terms(" ".join((*element.section[-2:], element.caption))))
    for position, (piece, words) in enumerate(zip(pieces, own, strict=True)):
        neighbours = own[max(0, position - 1) : position] + own[position + 1 : position + 2]
        if element.kind is Kind.TABLE:
            neighbours = []
        near = about.union(terms(piece.context), *neighbours)
        yield Passage(hit, element, piece.quote, piece.shown, words, near, page, position, piece.heads)


def _pieces(element: Element) -> Iterator[_Piece]:
    # A table's caption is its title: it gives meaning to the rows, but says nothing by itself.
    if element.caption and not (element.kind is Kind.TABLE and element.text.strip()):
        yield from (_plain(part) for part in _whole_or_cut(element.caption))
    if element.kind is Kind.TABLE:
        for row in table_rows(element.text):
            if row.cells:
                yield _Piece(row.line, shown(row), " ".join((*row.above, *row.cells)), row.heads)
            else:
                yield from (_plain(part) for part in _cut(row.line))
    elif element.kind is Kind.FIGURE:
        yield from _windows(element.text, " · ")
    else:
        yield from _windows(element.text, " ")


def is_ended(text: str) -> bool:
    """Whether it ends as a sentence does, closing quotation marks and brackets aside."""
    return text.rstrip(_CLOSING).endswith(_STOPS)


def _plain(quote: str, line_end: str = " ") -> _Piece:
    return _Piece(quote, readable(quote, line_end))


def _whole_or_cut(text: str) -> Iterator[str]:
    return iter([text.strip()]) if len(text) <= LONGEST else _cut(text)


def _cut(text: str) -> Iterator[str]:
    """Sentences, those that are too long in several parts."""
    for start, end in _spans(text):
        yield text[start:end]


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for start, end in sentences(text):
        while end - start > LONGEST:
            space = text.rfind(" ", start + LONGEST // 2, start + LONGEST)
            middle = space if space > 0 else start + LONGEST
            yield start, middle
            start = middle + 1 if space > 0 else middle
        yield start, end


def _windows(text: str, line_end: str) -> Iterator[_Piece]:
    """Sentences; of lines that are none, a short run as a whole, and windows of a long one.

    The words of a figure, a listing and a table without borders are such lines. What the first lines of
    a run say (the heads of its columns) gives meaning to the others.
    """
    for run in _runs(text):
        head = text[run[0][0] : run[min(1, len(run) - 1)][1]]
        if len(run) == 1 or run[-1][1] - run[0][0] <= RUN:
            yield _plain(text[run[0][0] : run[-1][1]], line_end)
            continue
        for number, (start, end) in enumerate(run):
            end = max(stop for _, stop in run[number:] if stop == end or stop - start <= WINDOW)
            yield _Piece(text[start:end], readable(text[start:end], line_end), head)


def _runs(text: str) -> Iterator[list[tuple[int, int]]]:
    """Spans of sentences one by one, and of consecutive short lines that are none, together."""
    run: list[tuple[int, int]] = []
    for start, end in _spans(text):
        if end - start < SHORT and not is_ended(text[start:end]):
            run.append((start, end))
            continue
        if run:
            yield run
            run = []
        yield [(start, end)]
    if run:
        yield run
