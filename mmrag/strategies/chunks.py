"""Elements become chunks: pieces that one encoder reads whole, each of one element of one page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest

from mmrag.encoders.base import Encoder
from mmrag.strategies.packing import Budget, Counter, pack, split
from mmrag.text import readable_share
from mmrag.text.script import is_cjk
from mmrag.text.tables import cells, is_header
from mmrag.types import Chunk, Element, Kind

CHUNKS_VERSION = 4
"""Part of the fingerprint: changes when the same elements would give other chunks."""

TARGET_TOKENS = 80
"""About 60 English words: long enough to say something, short enough for one vector to say it. From 160 down
to 80 retrieval gains with both mini encoders and on every kind of page; below, only the work grows."""

WINDOW_LINES = 4
"""Lines of the small windows that tables and listings are cut into besides: a vector of a whole table says
what it is about, one of a few rows says what they say."""

_WINDOW_STEP = WINDOW_LINES - 1
_FRAGMENT_LETTERS = 48
_LETTERS_OF_IDEOGRAPH = 3
_HEADINGS_IN_CONTEXT = 2
_READABLE = 0.5
_JOINING_SLACK = 4  # tokens of the punctuation and line ends that join parts


def chunk(elements: Sequence[Element], encoder: Encoder, target_tokens: int = TARGET_TOKENS) -> list[Chunk]:
    """The chunks of ``elements`` that ``encoder`` can read, in reading order.

    Every chunk is within ``encoder.max_tokens`` and belongs to one element, so that a hit points at one
    box. Text is taken in whole sentences, tables in whole rows below their header, figures by caption,
    description and words inside; the last headings above stand before each for context, where they are not
    too long. A heading that stands before none has a chunk of its own; a fragment of a few words goes in
    front of the paragraph that follows it in the same section, and the chunk is that paragraph's. What is
    mostly in scripts that the encoder does not know is left out; nothing else is.

    Args:
        elements: of any pages and documents; those of one page stand together.
        encoder: counts the tokens and says which scripts it reads.
        target_tokens: wanted length of a chunk, without its context.
    """
    chunker = _Chunker(encoder, target_tokens)
    return [
        piece
        for _, page in groupby(elements, key=lambda element: (element.document, element.page))
        for piece in chunker.page(list(page))
    ]


@dataclass(frozen=True, slots=True)
class _Part:
    """What a chunk is made of: text to embed and what a reader sees of it."""

    text: str
    snippet: str


class _Chunker:
    def __init__(self, encoder: Encoder, target_tokens: int) -> None:
        self._scripts = encoder.scripts
        self._count = Counter(encoder)
        room = encoder.max_tokens - self._count.special - _JOINING_SLACK
        self._room = max(1, room)
        self._target = max(1, min(target_tokens, self._room))
        self._kept: dict[tuple[str, ...], tuple[str, ...]] = {}

    def page(self, elements: Sequence[Element]) -> Iterator[Chunk]:
        """Chunks of the elements of one page."""
        finer = any(element.kind is not Kind.PAGE and _content(element) for element in elements)
        readable = [
            element
            for element in elements
            if _content(element)
            and readable_share(_content(element), self._scripts) >= _READABLE
            and not (finer and element.kind is Kind.PAGE)
        ]
        in_context = {
            heading
            for element in readable
            if element.kind is not Kind.HEADING
            for heading in self._headings(element)
        }
        lead = ""
        for element, following in zip_longest(readable, readable[1:]):
            if element.kind is Kind.HEADING and element.text.strip() in in_context:
                continue
            if following is not None and _leads_into(element, following):
                lead = element.text
                continue
            yield from self._element(element, lead)
            lead = ""

    def _element(self, element: Element, lead: str) -> Iterator[Chunk]:
        context = self._context(element)
        if element.kind is Kind.TABLE:
            parts = self._table(element, self._budget(context))
        elif element.kind is Kind.FIGURE:
            parts = self._figure(element, self._budget(context))
        else:
            parts = self._text(element, lead, self._budget(context))
        for part in parts:
            yield Chunk(element.id, _joined(context, part.text), part.snippet)
        for part in self._windows(element):
            yield Chunk(element.id, part.text, part.snippet)

    def _context(self, element: Element) -> str:
        headings = self._headings(element)
        return _in_one_line(headings) if headings else ""

    def _headings(self, element: Element) -> tuple[str, ...]:
        """The last headings above, as many as leave three quarters of the room to the element."""
        if element.section not in self._kept:
            kept = tuple(heading.strip() for heading in element.section if heading.strip())
            kept = kept[-_HEADINGS_IN_CONTEXT:]
            while kept and self._count.one(_in_one_line(kept)) > self._room // 4:
                kept = kept[1:]
            self._kept[element.section] = kept
        return self._kept[element.section]

    def _budget(self, before: str) -> Budget:
        limit = max(1, self._room - self._count.one(before))
        return Budget(min(self._target, limit), limit)

    def _text(self, element: Element, lead: str, budget: Budget) -> Iterator[_Part]:
        body = _joined(element.caption, element.text)
        spans = split(body, _less(budget, self._count.one(lead)), self._count)
        for number, (start, end) in enumerate(spans):
            snippet = body[start:end]
            yield _Part(_joined(lead, snippet) if number == 0 else snippet, snippet)

    def _figure(self, element: Element, budget: Budget) -> Iterator[_Part]:
        lead = _lead(element)
        spent = self._count.one(lead)
        if spent > budget.limit // 2:
            whole = _joined(lead, element.text)
            yield from (_Part(whole[a:b], whole[a:b]) for a, b in split(whole, budget, self._count))
            return
        spans = split(element.text, _less(budget, spent), self._count)
        for start, end in spans or [(0, 0)]:
            words = element.text[start:end]
            yield _Part(_joined(lead, words), _joined(element.caption, words) or lead)

    def _table(self, element: Element, budget: Budget) -> Iterator[_Part]:
        header, rows = _rows(element.text)
        lead = _joined(element.caption, _cells(header[0]) if header else "")
        spent = self._count.one(lead)
        if spent > budget.limit // 2 or not rows:
            whole = "\n".join((element.caption, *map(_cells, header[:1]), *map(_cells, rows))).strip()
            yield from (_Part(whole[a:b], whole[a:b]) for a, b in split(whole, budget, self._count))
            return
        below = _less(budget, spent)
        texts = [_cells(row) for row in rows]
        for first, last in pack(self._count(texts), below):
            snippet = "\n".join((*header, *rows[first:last]))
            body = "\n".join(texts[first:last])
            # One row may be too long by itself; its pieces are then chunks of the same rows.
            for start, end in split(body, Budget(below.limit, below.limit), self._count):
                yield _Part(_joined(lead, body[start:end]), snippet)

    def _windows(self, element: Element) -> Iterator[_Part]:
        """A few lines at a time of what is read line by line, without context: tables and listings."""
        if element.kind is Kind.TABLE:
            header, rows = _rows(element.text)
            lines = [_cells(row) for row in (*header[:1], *rows)]
        elif element.kind is Kind.TEXT:
            lines = [line.strip() for line in element.text.splitlines()]
        else:
            return
        lines = [line for line in lines if line]
        if len(lines) <= WINDOW_LINES:
            return
        for first in range(0, len(lines) - 1, _WINDOW_STEP):
            window = "\n".join(lines[first : first + WINDOW_LINES])
            for start, end in split(window, Budget(self._room, self._room), self._count):
                yield _Part(window[start:end], window[start:end])


def _in_one_line(headings: Sequence[str]) -> str:
    return ". ".join(heading.rstrip(".") for heading in headings) + "."


def _content(element: Element) -> str:
    return f"{element.caption}\n{element.text}".strip() or str(element.metadata.get("description", ""))


def _leads_into(element: Element, following: Element) -> bool:
    """Whether ``element`` is a fragment ("Example:") that says something only with the text below it."""
    return (
        element.kind is following.kind is Kind.TEXT
        and element.section == following.section
        and _is_fragment(element.text)
        and not _is_fragment(following.text)
    )


def _is_fragment(text: str) -> bool:
    if len(text) > _FRAGMENT_LETTERS:
        return False
    return sum(_LETTERS_OF_IDEOGRAPH if is_cjk(char) else 1 for char in text) <= _FRAGMENT_LETTERS


def _lead(figure: Element) -> str:
    description = str(figure.metadata.get("description", ""))
    return description if figure.caption in description else _joined(figure.caption, description)


def _less(budget: Budget, spent: int) -> Budget:
    return Budget(max(1, budget.target - spent), max(1, budget.limit - spent))


def _joined(*parts: str) -> str:
    return "\n".join(part.strip() for part in parts if part.strip())


def _rows(markdown: str) -> tuple[list[str], list[str]]:
    """Header with its rule, and the rows below; no header where the text is no Markdown table."""
    lines = [line.strip() for line in markdown.splitlines() if line.strip()]
    if len(lines) > 2 and is_header(lines[0], lines[1]):
        return lines[:2], lines[2:]
    return [], lines


def _cells(row: str) -> str:
    """A row as an encoder reads it best: its cells, without the bars between them."""
    return ", ".join(cell for cell in cells(row) if cell)
