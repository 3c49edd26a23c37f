"""Headers, footers and page numbers: what repeats in the margins of neighbouring pages."""

from __future__ import annotations

import re
from collections import Counter, deque
from itertools import pairwise
from typing import Any

from mmrag.ingest.pdf.boxes import area
from mmrag.ingest.pdf.values import Box, Line, RawPage

_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_NUMBER = re.compile(
    r"\W*(?:(?:page|seite|p\.|第)\s*)?(?:\d{1,4}|[ivxlcdm]{1,7})(?:\s*(?:/|of|von|sur|de|页)\s*\d{0,4})?\W*",
    re.IGNORECASE,
)
_TOP, _BOTTOM = 0.15, 0.86
_EDGE_ROWS = 3
_MEMORY = 16
_STEADY = 3
_USUAL = 0.8
_ISOLATED = 1.7
_MIN_LETTERS = 3
_SAME_ROW = 2.0
_FAR_APART = 5.0
_LOGO = 0.04
_LOGO_PAGES = 2
_MAX_MASKED_WORDS = 6
_SIDE = 0.24
_SIDE_LINES = 5
_SIDE_PAGES = 2
_SIDE_SHARE = 0.75

_Key = tuple[str, int]
_Band = tuple[int, int]


class Furniture:
    """Remembers the margins of the pages around; pages must be added a few ahead of the one asked for.

    A row of the margin is furniture if its words stand at the same height on neighbouring pages, if it holds
    the page number, or if rows at its height nearly always were furniture (a running head that changes with
    the chapter). Rows are tried from the edge inwards, and the first that stays ends the search. On a page
    wider than high, such as a slide, a column at the side that repeats is furniture too: a list of sections.
    """

    def __init__(self) -> None:
        self._recent: deque[tuple[int, frozenset[_Key]]] = deque()
        self._counts: Counter[_Key] = Counter()
        self._margins: dict[int, tuple[list[list[Line]], list[list[Line]]]] = {}
        self._hits: Counter[_Band] = Counter()
        self._seen: Counter[_Band] = Counter()

    def add(self, page: RawPage) -> None:
        """Take a page's margins into account."""
        margins = _margins(page)
        keys = [_key(line) for rows in margins for row in rows[:_EDGE_ROWS] for line in row]
        keys += [_picture_key(box) for box in page.images]
        keys += [_key(line) for side in _sides(page, page.lines) for line in side]
        self._recent.append((page.number, frozenset(keys)))
        self._counts.update(self._recent[-1][1])
        if len(self._recent) > _MEMORY:
            self._forget(self._recent.popleft()[1])
        self._margins[page.number] = margins

    def _forget(self, keys: frozenset[_Key]) -> None:
        self._counts.subtract(keys)
        for key in keys:
            if not self._counts[key]:
                del self._counts[key]

    def carried(self) -> list[Any]:
        """As JSON-able data, for `carry_on`; the margins themselves are found anew."""
        recent = [[number, sorted(keys)] for number, keys in self._recent]
        return [recent, list(self._hits.items()), list(self._seen.items())]

    def carry_on(self, carried: list[Any]) -> None:
        """Take up what `carried` gave."""
        recent, hits, seen = carried
        for number, keys in recent:
            self._recent.append((number, frozenset((text, height) for text, height in keys)))
            self._counts.update(self._recent[-1][1])
        self._hits.update({tuple(band): times for band, times in hits})
        self._seen.update({tuple(band): times for band, times in seen})

    def split(self, page: RawPage) -> list[Line]:
        """The lines of ``page`` that are neither header, footer nor page number."""
        dropped: set[int] = set()
        for rows in self._margins.pop(page.number, None) or _margins(page):
            for index, row in enumerate(rows[:_EDGE_ROWS]):
                inner = rows[index + 1] if index + 1 < len(rows) else None
                band = (round(row[0].base), round(page.height))
                self._seen[band] += 1
                if not self._is_furniture(row, inner, band, index):
                    break
                self._hits[band] += 1
                dropped.update(id(line) for line in row)
        lines = [line for line in page.lines if id(line) not in dropped] if dropped else page.lines
        return self._without_sidebars(page, lines)

    def _without_sidebars(self, page: RawPage, lines: list[Line]) -> list[Line]:
        for side in _sides(page, lines):
            repeated = [line for line in side if self._repeats(line)]
            if len(repeated) < _SIDE_LINES:
                continue
            x0, x1 = min(line.x0 for line in repeated), max(line.x1 for line in repeated)
            column = {id(line) for line in lines if line.x0 < x1 and x0 < line.x1}
            if column <= {id(line) for line in side} and len(repeated) >= _SIDE_SHARE * len(column):
                lines = [line for line in lines if id(line) not in column]
        return lines

    def _repeats(self, line: Line) -> bool:
        text, height = _key(line)
        counts = self._counts
        return max(counts[text, height + by] for by in (-1, 0, 1)) > _SIDE_PAGES

    def is_logo(self, page: RawPage, box: Box) -> bool:
        """Whether a small bitmap stands at the same place on several neighbouring pages."""
        small = area(box) < _LOGO * page.width * page.height
        return small and self._counts[_picture_key(box)] > _LOGO_PAGES

    def _is_furniture(self, row: list[Line], inner: list[Line] | None, band: _Band, depth: int) -> bool:
        size = max(line.size for line in row)
        isolated = inner is None or abs(inner[0].base - row[0].base) >= _ISOLATED * size
        times = max((self._times(line) for line in row), default=0)
        if isolated and _holds_page_number(row) and (len(row) == 1 or times or _spread(row, size)):
            return True
        if times >= 2 + depth or (times == 1 and isolated and depth == 0):
            return True
        hits = self._hits[band]
        if len(row) == 1 and _NUMBER.fullmatch(row[0].text) and hits >= _STEADY:
            return True
        return isolated and hits >= _STEADY and hits >= _USUAL * (self._seen[band] - 1)

    def _times(self, line: Line) -> int:
        """On how many neighbouring pages the line stands at this height."""
        text, height = _key(line)
        counts = self._counts
        times = max(counts[text, height] - 1, counts[text, height - 1], counts[text, height + 1])
        return times if times > 0 and sum(map(str.isalpha, text)) >= _MIN_LETTERS else 0


def _holds_page_number(row: list[Line]) -> bool:
    return any(_NUMBER.fullmatch(line.text) for line in (row[0], row[-1]))


def _spread(row: list[Line], size: float) -> bool:
    """Whether the row's pieces stand far apart, as a running head and a page number do."""
    return max(after.x0 - before.x1 for before, after in pairwise(row)) > _FAR_APART * size


def _picture_key(box: Box) -> _Key:
    return (" ".join(f"{value / 2:.0f}" for value in box), -1)


def _key(line: Line) -> _Key:
    text = line.text.casefold().strip()
    # "Page 3 of 9" repeats but for its numbers; a sentence that does so is a sentence.
    if text.count(" ") < _MAX_MASKED_WORDS:
        text = _DIGITS.sub("#", text)
    return (text, round(line.base / 2))


def _margins(page: RawPage) -> tuple[list[list[Line]], list[list[Line]]]:
    """Rows of the top and of the bottom margin, each from the edge of the page inwards.

    One row of the body follows, so that the distance to it can be seen.
    """
    upright = [line for line in page.lines if line.upright]
    top = _rows([line for line in upright if line.base < (_TOP + 0.06) * page.height], _TOP * page.height)
    low = [line for line in upright if line.base > (_BOTTOM - 0.06) * page.height]
    bottom = _rows(low, _BOTTOM * page.height, upwards=True)
    return top, bottom


def _sides(page: RawPage, lines: list[Line]) -> list[list[Line]]:
    """Lines that stand wholly at the left, and wholly at the right, of a page wider than high."""
    if page.width <= page.height:
        return []
    sides = (
        [line for line in lines if line.x1 < _SIDE * page.width],
        [line for line in lines if line.x0 > (1 - _SIDE) * page.width],
    )
    return [side for side in sides if len(side) >= _SIDE_LINES]


def _rows(lines: list[Line], limit: float, *, upwards: bool = False) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda item: (item.base, item.x0), reverse=upwards):
        if rows and abs(rows[-1][0].base - line.base) <= _SAME_ROW:
            rows[-1].append(line)
        elif rows and (rows[-1][0].base < limit) is upwards:
            break
        else:
            rows.append([line])
    if rows and (rows[0][0].base < limit) is upwards:
        return []
    for row in rows:
        row.sort(key=lambda item: item.x0)
    return rows
