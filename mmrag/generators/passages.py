"""What can be quoted: elements cut into sentences, table rows, captions and the words of figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mmrag.text.normalise import normalise
from mmrag.text.sentences import sentences
from mmrag.text.terms import terms
from mmrag.types import Element, Hit, Kind

LONGEST = 400
"""Characters of a quote, at most; a longer sentence is cut between words."""

WINDOW = 160
"""Characters that lines shorter than `SHORT` are put together to, so that a label keeps its value."""

SHORT = 60

_SEPARATOR_ROW = re.compile(r"\|?[\s:|-]+\|?\s*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_BRACKETED_NUMBER = re.compile(r"\[(\d+)\]")
_STOPS = ".!?…。！？"
_MARKUP = re.compile(r"<br\s*/?>|\*\*|`")


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
    """

    hit: Hit
    element: Element
    quote: str
    shown: str
    own: tuple[str, ...]
    near: frozenset[str]
    far: frozenset[str]
    position: int

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
        yield Passage(hit, element, piece.quote, piece.shown, words, near, page, position)


def _pieces(element: Element) -> Iterator[_Piece]:
    if element.caption:
        yield from (_plain(part) for part in _cut(element.caption))
    if element.kind is Kind.TABLE:
        yield from _rows(element.text)
    elif element.kind is Kind.FIGURE:
        yield from _windows(element.text, " · ")
    else:
        yield from _windows(element.text, " ")


def _plain(quote: str, line_end: str = " ") -> _Piece:
    return _Piece(quote, readable(quote, line_end))


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
    """Sentences; short lines that are none together with what follows, as far as `WINDOW` goes."""
    spans = list(_spans(text))
    for number, (start, end) in enumerate(spans):
        scrap = end - start < SHORT and text[end - 1] not in _STOPS
        for _, following in spans[number + 1 :] if scrap else ():
            if following - start > WINDOW:
                break
            end = following
        yield _plain(text[start:end], line_end)


def _rows(markdown: str) -> Iterator[_Piece]:
    """Rows of a Markdown table, each with its header cells; other lines as they are."""
    lines = [line for line in markdown.split("\n") if line.strip()]
    header: list[str] = []
    for number, line in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if _is_separator(line):
            continue
        if _is_separator(following):
            header = cells(line)
            continue
        row = cells(line)
        if len(row) > 1 or line.lstrip().startswith("|"):
            yield _Piece(line.strip(), _shown_row(header, row), " ".join(header))
        else:
            yield from (_plain(part) for part in _cut(line))
    if header and all(_is_separator(line) or cells(line) == header for line in lines):
        yield _plain(lines[0].strip())


def _is_separator(line: str) -> bool:
    return "-" in line and _SEPARATOR_ROW.match(line) is not None


def cells(line: str) -> list[str]:
    """Cells of a row of a Markdown table."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in _CELL_BORDER.split(inner)]


def _shown_row(header: Sequence[str], row: Sequence[str]) -> str:
    named = [
        f"{readable(header[column])}: {readable(cell)}"
        if column < len(header) and header[column] and header[column] != cell
        else readable(cell)
        for column, cell in enumerate(row)
        if cell
    ]
    shown = "; ".join(named)
    return shown if len(shown) <= 2 * LONGEST else "; ".join(readable(cell) for cell in row if cell)


def readable(text: str, line_end: str = " ") -> str:
    """``text`` in one line, without control characters, and with [3] as (3): it cites nothing here."""
    lines = [line.strip() for line in normalise(_MARKUP.sub(" ", text)).split("\n")]
    joined = line_end.join(line for line in lines if line)
    return _BRACKETED_NUMBER.sub(r"(\1)", re.sub(r"\s+", " ", joined)).strip()
