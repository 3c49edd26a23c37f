"""Headings and the section path that they make, carried over from page to page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from itertools import takewhile
from math import inf
from typing import TYPE_CHECKING, Any

from mmrag.ingest.pdf.captions import is_caption
from mmrag.ingest.pdf.paragraphs import MARKER
from mmrag.ingest.pdf.rawpage import bold_name
from mmrag.ingest.pdf.values import Block, RawPage, Role, Row, TextView
from mmrag.text.normalise import normalise

if TYPE_CHECKING:
    from mmrag.ingest.pdf.state import DocumentState

_NUMBERED = re.compile(r"(?:§\s*)?((?:\d{1,3}|[A-Z])(?:\.\d{1,3})*)\.?\s+(?=\S)")
_CHAPTER = re.compile(
    r"(?:chapter|part|appendix|kapitel|teil|anhang|chapitre|partie|annexe)\s+[\dA-ZIVX]+\b", re.I
)
# Numbers of Chinese sections, outermost first (GB/T 9704-2012, 7.3.3); lists have the last four too.
_CJK_NUMBER = re.compile(
    r"(第\s*[\d一二三四五六七八九十百]+\s*[章篇部回])"
    r"|(第\s*[\d一二三四五六七八九十百]+\s*节)"
    r"|([一二三四五六七八九十百]+\s*、)"
    r"|([（(][一二三四五六七八九十百]+[）)])"
    r"|(\d{1,3}\s*(?:[、．]|\.(?!\d)))"
    r"|(（\d{1,3}）)"
)
_CJK_CHAPTERS = 2
_OPENING = re.compile(
    r"(?:abstract|summary|introduction|contents|table of contents|preface|foreword|keywords|overview|"
    r"zusammenfassung|einleitung|inhalt|vorwort|résumé|sommaire|avant-propos|resumen|índice|"
    r"摘\s*要|目\s*录|前\s*言|引\s*言|简\s*介|概\s*述)",
    re.IGNORECASE,
)
# What a box beside the text is called: the section goes on below it.
_ADMONITION = re.compile(
    r"(?:notes?|warnings?|tips?|cautions?|important|hints?|danger|attention|remarks?|"
    r"hinweise?|warnung|achtung|vorsicht|tipp|wichtig|anmerkung|remarque|avertissement|astuce|conseil|"
    r"nota|aviso|advertencia|consejo|importante|警\s*告|提\s*示|注\s*意|小\s*心|备\s*注|注\s*记|重\s*要|"
    r"注記|ヒント|メモ|補足)\s*[:：!！]?",
    re.IGNORECASE,
)
_CAPITALS = 4
_LETTER = re.compile(r"[^\W\d_]")
_PLAIN = re.compile(r"[\W\d_]+")
_MAX_CHARS = 200
_MAX_LINE = 80
_LEADERS = re.compile(r"(?:\.\s?){4,}\s*\d+\s*$|…{2,}\s*\d+\s*$")
_MAX_ROWS = 4
_SLANTED = re.compile(r"Slant|Ital|Obli|CMSL|CMTI", re.IGNORECASE)
_BOLD_OR_ITALIC = 18


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    bold: bool
    font: str


class Outline:
    """The headings above the current place, and the level that each style of heading has shown.

    Args:
        bookmarks: of the document, as PyMuPDF's ``get_toc()``: level, title, 1-based page.
    """

    def __init__(self, bookmarks: list[list[Any]] | None = None) -> None:
        self._stack: list[tuple[int, str, _Style]] = []
        self._levels: dict[_Style, int] = {}
        self._marks: dict[int, list[tuple[int, str]]] = {}
        for level, title, page, *_ in bookmarks or []:
            self._marks.setdefault(page, []).append((level, _plain(str(title))))

    @property
    def path(self) -> tuple[str, ...]:
        """Headings above the current place, outermost first."""
        return tuple(title for _, title, _ in self._stack)

    def bookmarked(self, text: str, page: int) -> int:
        """Level of the bookmark to this page that has this title; 0 if there is none."""
        plain = _plain(text) if self._marks else ""
        if not plain:
            return 0
        for near in (page, page - 1):
            for level, title in self._marks.get(near, ()):
                if title and (plain == title or (len(title) > 6 and plain.endswith(title))):
                    return level
        return 0

    def knows(self, block: Block) -> bool:
        """Whether a numbered line looks like a heading that was entered: in its style, or all in capitals."""
        text = normalise(block.text)
        level = _numbered_level(text)
        if not level or len(text) > _MAX_LINE or _CHAPTER.match(text):
            return False
        letters = [char for char in text if char.isalpha()]
        capitals = sum(char.isupper() for char in letters)
        if capitals >= _CAPITALS and capitals == len(letters):
            return True
        return level > 1 and self._levels.get(_style(block.rows)) == level

    def enter(self, block: Block, page: int) -> int:
        """Go below this heading; returns its level, from 1."""
        text = normalise(block.text)
        style = _style(block.rows)
        level = self.bookmarked(text, page) or self._level_by_rank(text) or _numbered_level(text)
        if level:
            self._levels[style] = level
        else:
            level = self._levels.get(style) or self._level_by_size(style)
        while self._stack and (self._stack[-1][0] >= level or self._stack[-1][2].size < style.size - 0.4):
            self._stack.pop()
        self._stack.append((level, text, style))
        block.level = level
        return level

    def carried(self) -> list[Any]:
        """As JSON-able data, for `carry_on`."""
        stack = [[level, title, astuple(style)] for level, title, style in self._stack]
        return [stack, [[astuple(style), level] for style, level in self._levels.items()]]

    def carry_on(self, carried: list[Any]) -> None:
        """Take up what `carried` gave; the bookmarks are the document's."""
        stack, levels = carried
        self._stack = [(level, title, _Style(*style)) for level, title, style in stack]
        self._levels = {_Style(*style): level for style, level in levels}

    def _level_by_rank(self, text: str) -> int:
        """Beside headings with a Chinese number of its kind, below those of a higher kind; 0 without one."""
        rank = _cjk_rank(text)
        if not rank:
            return 0
        for level, title, _ in reversed(self._stack):
            other = _cjk_rank(title)
            if other == rank:
                return level
            if 0 < other < rank:
                return level + 1
        return 0

    def _level_by_size(self, style: _Style) -> int:
        """Below every heading that is set larger, or as large and bolder; beside its equals."""
        for level, _, other in reversed(self._stack):
            if other == style:
                return level
            larger = other.size > style.size + 0.4
            bolder = abs(other.size - style.size) <= 0.4 and other.bold and not style.bold
            if larger or bolder:
                return level + 1
        return 1


def mark_heading(block: Block, number: int, state: DocumentState, view: TextView, *, hinted: bool) -> None:
    """Make a block of prose a heading if it is one.

    Args:
        block: paragraph or list, with rows; changed in place.
        number: 1-based page number.
        state: of the document.
        view: of the page, to look up how its words are set.
        hinted: the layout model says that it is one; then a style other than running text is enough.
    """
    rows = block.rows
    if not rows or len(rows) > _MAX_ROWS or len(block.text) > _MAX_CHARS:
        return
    text = block.text.strip()
    if not _LETTER.search(text):
        return
    if block.role is Role.LISTING or all(row.mono for row in rows) or _is_contents_line(rows[-1]):
        return
    numbered = is_numbered(text)
    if not numbered and (text[-1] in ".,;:。，；：" or (MARKER.match(text) and not _cjk_rank(text))):
        return
    if state.outline.bookmarked(text, number):
        block.role = Role.HEADING
        return
    if is_caption(block) or _ADMONITION.fullmatch(text):
        return
    body = state.fonts.body
    larger = rows[0].size > 1.08 * body and rows[0].size >= body + 0.7
    if block.ocr:
        is_heading = hinted and (larger or numbered or text[-1].isalnum())
    elif hinted:
        is_heading = larger or numbered or _is_set_apart(view, block)
    else:
        is_heading = len(rows) <= 3 and len(text) <= 120 and text[-1] not in ".;," and larger
        if not is_heading and not state.fonts.bold and all(row.bold for row in rows) and len(rows) <= 2:
            is_heading = len(text) <= 120 and _is_set_apart(view, block)
        is_heading = is_heading or (len(rows) == 1 and state.outline.knows(block))
    if is_heading:
        block.role = Role.HEADING


def _is_contents_line(row: Row) -> bool:
    """Whether the row ends with a page number far from the words: a line of a table of contents."""
    if _LEADERS.search(row.text):
        return True
    last = row.lines[-1]
    return len(row.lines) > 1 and last.text.strip().isdigit() and last.x0 - row.lines[-2].x1 > 2 * last.size


def _is_set_apart(view: TextView, block: Block) -> bool:
    """Whether all its words, not only the first, are bold or slanted."""
    firsts = [row.lines[0] for row in block.rows]
    if not all(line.bold or line.italic or _slanted(line.font) for line in firsts):
        return False
    spans = view.spans_in(block.box)
    total = sum(len(span["text"]) for span in spans)
    apart = sum(
        len(span["text"])
        for span in spans
        if span["flags"] & _BOLD_OR_ITALIC or bold_name(span["font"]) or _slanted(span["font"])
    )
    return total > 0 and apart >= 0.8 * total


def _slanted(font: str) -> bool:
    return _SLANTED.search(font) is not None


def _numbered_level(text: str) -> int:
    """Depth of a heading's own number: 1 for "2 Methods", 2 for "2.1 Data"; 0 without one."""
    if _CHAPTER.match(text):
        return 1
    rank = _cjk_rank(text)
    if 0 < rank <= _CJK_CHAPTERS:
        return rank
    found = _NUMBERED.match(text)
    return found[1].count(".") + 1 if found else 0


def _cjk_rank(text: str) -> int:
    """Rank of the Chinese section number that a text begins with, from 1, the highest; 0 without one."""
    found = _CJK_NUMBER.match(text)
    return (found and found.lastindex) or 0


def is_numbered(text: str) -> bool:
    """Whether a text begins with the number of a section, or with a word such as "Chapter" and a number."""
    return _numbered_level(text) > 0


def _style(rows: list[Row]) -> _Style:
    line = max((line for row in rows for line in row.lines), key=lambda item: len(item.text))
    if line.ocr:
        return _Style(round(line.size / 1.5) * 1.5, False, "")
    return _Style(round(line.size * 2) / 2, line.bold, line.font)


def _plain(text: str) -> str:
    return _PLAIN.sub("", text).casefold()


def demote_byline(blocks: list[Block], outline: Outline, raw: RawPage, top: float | None = None) -> None:
    """Authors, affiliations and dates under the title of the first page are no headings.

    Args:
        blocks: of the page; changed in place.
        outline: of the document.
        raw: the page.
        top: where its columns begin, if it has any.
    """
    if raw.number != 1:
        return
    if top is not None:
        blocks = [block for block in blocks if block.box[3] <= top]
    headings = [block for block in blocks if block.role is Role.HEADING]
    if not headings:
        return
    below: Iterable[Block]
    if top is None:
        title = headings[0]
        below = takewhile(lambda block: block.role is Role.HEADING, blocks[blocks.index(title) + 1 :])
        largest = title.rows[0].size
    else:
        across = [block for block in headings if block.box[0] < raw.width / 2 < block.box[2]]
        title = max(across, key=lambda block: block.rows[0].size) if across else headings[0]
        below = [block for block in headings if block is not title]
        largest = inf
    for block in below:
        text = block.text.strip()
        if is_numbered(text) or _cjk_rank(text) or _OPENING.match(text):
            return
        if outline.bookmarked(text, raw.number):
            return
        if block.rows[0].size < largest:
            block.role = Role.PARAGRAPH
