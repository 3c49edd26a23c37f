"""What the fonts of a document mean: the size of running text, and which fonts are fixed-width."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from typing import Any

from mmrag.ingest.pdf.values import Line

_MONO = re.compile(
    r"Mono(?!type)|Typewriter|Courier|Consol|Menlo|Inconsolata|\bTT|CMS?L?TT|SFTT|Terminal|Fixed|Code",
    re.IGNORECASE,
)
_MIN_CHARS = 8
_MIN_LINES = 3
_ADVANCES = (0.45, 0.66)
_USUAL = 0.525
_MAX_HEIGHT = 1.12
_HIGHEST = 1.5


class Fonts:
    """Statistics over the pages seen so far.

    A font is fixed-width if its name says so or if, over lines of several lengths, every character takes
    the same width: many TeX documents rename their fonts, so that names alone miss half of the listings.
    """

    def __init__(self) -> None:
        self._sizes: Counter[float] = Counter()
        self._pairs: dict[str, set[tuple[float, int]]] = {}
        self._heights: dict[str, float] = {}
        self._fixed: dict[str, tuple[int, float | None]] = {}
        self._body = 10.0
        self._bold = 0
        self._pages = 0

    def add(self, lines: list[Line]) -> None:
        """Take the lines of one page into account."""
        self._pages += 1
        sizes: dict[float, int] = {}
        pairs, heights = self._pairs, self._heights
        for line in lines:
            size, length = line.size, len(line.text)
            sizes[size] = sizes.get(size, 0) + length
            if line.bold:
                self._bold += length
            if length >= _MIN_CHARS and size > 0:
                font = line.font
                seen = pairs.get(font)
                if seen is None:
                    seen = pairs[font] = set()
                    heights[font] = _HIGHEST
                seen.add((round((line.x1 - line.x0) / length / size, 3), length))
                height = (line.y1 - line.y0) / size
                if height < heights[font]:
                    heights[font] = height
        for size, length in sizes.items():
            self._sizes[round(size * 2) / 2] += length
        if self._sizes:
            self._body = max(self._sizes, key=self._sizes.__getitem__)

    @property
    def body(self) -> float:
        """Font size of most of the text, in points; 10 before any text was seen."""
        return self._body

    @property
    def bold(self) -> bool:
        """Whether most of the text is bold, so that it tells nothing, as in slides all in SimHei."""
        return 2 * self._bold > self._sizes.total()

    def is_mono(self, line: Line) -> bool:
        """Whether the whole line is set in a fixed-width font."""
        if line.size <= 0 or line.ocr or not line.font:
            return False
        advance = self._advance(line.font)
        if advance is None:
            return False
        text = line.text
        if not text.isascii() and sum(char > "\u2e7f" for char in text) > 0.3 * len(text):
            return False
        ratio = (line.x1 - line.x0) / len(text) / line.size
        if ratio < advance * 0.985:
            return len(text) < _MIN_CHARS and ratio >= advance * 0.8
        # A wide gap counts as one space, so a line may be wider than its characters. A line that only
        # begins in a small fixed-width font is wider too, but higher.
        return ratio <= advance * 1.02 or (
            ratio <= advance * 2.2
            and line.y1 - line.y0 <= _MAX_HEIGHT * line.size * self._heights.get(line.font, _HIGHEST)
        )

    def carried(self) -> list[Any]:
        """As JSON-able data, for `carry_on`."""
        pairs = [[font, sorted(seen), self._heights[font]] for font, seen in self._pairs.items()]
        fixed = [[font, *judged] for font, judged in self._fixed.items()]
        return [self._pages, self._body, self._bold, list(self._sizes.items()), pairs, fixed]

    def carry_on(self, carried: list[Any]) -> None:
        """Take up what `carried` gave."""
        self._pages, self._body, self._bold, sizes, pairs, fixed = carried
        self._sizes.update(dict(sizes))
        self._pairs = {font: {(ratio, length) for ratio, length in seen} for font, seen, _ in pairs}
        self._heights = {font: height for font, _, height in pairs}
        self._fixed = {font: (until, advance) for font, until, advance in fixed}

    def _advance(self, font: str) -> float | None:
        """Width of every character over the font size, or ``None`` for a proportional font.

        Judged anew whenever half as many pages again have been seen.
        """
        known = self._fixed.get(font)
        if known is not None and known[0] > self._pages:
            return known[1]
        pairs = self._pairs.get(font)
        if pairs is None:
            return _USUAL if _named_mono(font) else None
        advance = _judge(pairs, _named_mono(font))
        self._fixed[font] = (self._pages + 1 + self._pages // 2, advance)
        return advance


def _judge(pairs: set[tuple[float, int]], named: bool) -> float | None:
    """The width that lines of many lengths share; lines of one length may agree by chance."""
    counts = Counter(advance for advance, _ in pairs)
    # The smallest of equally frequent ones, in whatever order they came.
    advance, times = min(counts.items(), key=lambda item: (-item[1], item[0]))
    if named and times < _MIN_LINES:
        return _USUAL
    total = counts.total()
    near = sum(count for value, count in counts.items() if abs(value - advance) <= 0.0035)
    constant = near >= max(_MIN_LINES, 0.6 * total) and times > 1
    if (constant or named) and _ADVANCES[0] <= advance <= _ADVANCES[1]:
        return advance
    return _USUAL if named else None


@lru_cache(maxsize=512)
def _named_mono(font: str) -> bool:
    return _MONO.search(font) is not None or "NimbusMon" in font
