"""Headers, footers and page numbers: what repeats in the margins of neighbouring pages."""

from __future__ import annotations

import re
from collections import Counter, deque

from mmrag.ingest.pdf.values import Line, RawPage

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|第)\s*)?(?:\d{1,4}|[ivxlcdm]{1,7})(?:\s*(?:/|of|von|sur|de|页)\s*\d{0,4})?\W*",
    re.IGNORECASE,
)
_ROMAN_OR_DIGIT = re.compile(r"\d|^[\W]*[ivxlcdm]+\W*$", re.IGNORECASE)
_TOP, _BOTTOM = 0.15, 0.86
_EDGE_ROWS = 3
_MEMORY = 8
_STEADY = 3

_Key = tuple[str, int]


class Furniture:
    """Remembers the margins of the pages around; pages must be added a few ahead of the one asked for."""

    def __init__(self) -> None:
        self._recent: deque[tuple[int, frozenset[_Key]]] = deque(maxlen=2 * _MEMORY)
        self._bands: Counter[tuple[int, int]] = Counter()

    def add(self, page: RawPage) -> None:
        """Take a page's margins into account."""
        self._recent.append((page.number, frozenset(_key(line) for line in _edges(page))))

    def split(self, page: RawPage) -> list[Line]:
        """The lines of ``page`` that are neither header, footer nor page number."""
        edges = _edges(page)
        if not edges:
            return page.lines
        others: set[_Key] = set()
        for number, keys in self._recent:
            if number != page.number:
                others |= keys
        dropped = {id(line) for line in edges if self._is_furniture(line, page, others)}
        if not dropped:
            return page.lines
        # A running head that changes with the chapter stands beside a page number or at a height where
        # the pages before had theirs.
        heights = {round(line.base) for line in edges if id(line) in dropped}
        for line in edges:
            if id(line) not in dropped and round(line.base) in heights:
                dropped.add(id(line))
        for height in heights:
            self._bands[(height, round(page.height))] += 1
        return [line for line in page.lines if id(line) not in dropped]

    def _is_furniture(self, line: Line, page: RawPage, others: set[_Key]) -> bool:
        text, height = _key(line)
        if any((text, height + shift) in others for shift in (-1, 0, 1)):
            return True
        if _NUMBER.fullmatch(line.text) and _ROMAN_OR_DIGIT.search(line.text):
            return True
        return self._bands[(round(line.base), round(page.height))] >= _STEADY


def _key(line: Line) -> _Key:
    return (_DIGITS.sub("#", line.text.casefold().strip()), round(line.base / 2))


def _edges(page: RawPage) -> list[Line]:
    """Lines in the first and last rows of the page that stand in its top or bottom margin."""
    top, bottom = _TOP * page.height, _BOTTOM * page.height
    upper = [line for line in page.lines if line.base < top and line.upright]
    lower = [line for line in page.lines if line.base > bottom and line.upright]
    return _outermost(upper, 1) + _outermost(lower, -1)


def _outermost(lines: list[Line], direction: int) -> list[Line]:
    if not lines:
        return []
    heights = sorted({round(line.base) for line in lines}, reverse=direction < 0)[:_EDGE_ROWS]
    return [line for line in lines if round(line.base) in heights]
