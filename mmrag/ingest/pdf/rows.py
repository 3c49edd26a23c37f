"""Lines to rows: what stands on one baseline belongs together."""

from __future__ import annotations

import itertools
import re
from operator import attrgetter

from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.values import Line, Row

_MIN_SHARED = 0.55
_LEFT = attrgetter("x0")
_BASE_AND_LEFT = attrgetter("base", "x0")
_CODE = re.compile(r"^(?:>|>>>|\+|\$|%|#)\s*\S|<-|^\[{1,2}\d+\]|[;{}]$|^\w+\s*=\s*\w+\(|\)\s*[;{]$")


def to_rows(lines: list[Line], fonts: Fonts) -> list[Row]:
    """``lines`` grouped by baseline, rows from top to bottom, lines in a row from left to right."""
    groups: list[list[Line]] = []
    last: list[Line] = []
    for line in sorted(lines, key=_BASE_AND_LEFT):
        if last and line.base - last[0].base < 1.2 * line.size and _same_row(last[0], line):
            last.append(line)
            continue
        before = groups[-2] if len(groups) > 1 else None
        if before and line.base - before[0].base < 1.2 * line.size and _same_row(before[0], line):
            before.append(line)
            continue
        last = [line]
        groups.append(last)
    return [_row(group, fonts) for group in groups]


def _same_row(first: Line, second: Line) -> bool:
    if abs(first.base - second.base) < 0.5:
        return True
    both = min(first.y1, second.y1) - max(first.y0, second.y0)
    lower = min(first.y1 - first.y0, second.y1 - second.y0)
    return both > _MIN_SHARED * lower and abs(first.base - second.base) < 0.6 * max(first.size, second.size)


def _row(lines: list[Line], fonts: Fonts) -> Row:
    if len(lines) == 1:
        line = lines[0]
        mono = _is_code(line.text) if line.ocr else fonts.is_mono(line)
        return Row(
            lines, line.x0, line.y0, line.x1, line.y1, line.base, line.size, line.bold, mono, line.text
        )
    lines.sort(key=_LEFT)
    main = lines[0]
    top, right, bottom = main.y0, main.x1, main.y1
    fixed = letters = 0
    bold = True
    for line in lines:
        length = len(line.text)
        letters += length
        if length > len(main.text):
            main = line
        if fonts.is_mono(line):
            fixed += length
        bold = bold and line.bold
        if line.y0 < top:
            top = line.y0
        if line.x1 > right:
            right = line.x1
        if line.y1 > bottom:
            bottom = line.y1
    return Row(
        lines,
        lines[0].x0,
        top,
        right,
        bottom,
        main.base,
        main.size,
        bold,
        fixed > 0.7 * letters,
        _text(lines),
    )


def _text(lines: list[Line]) -> str:
    text = lines[0].text
    for before, after in itertools.pairwise(lines):
        apart = after.x0 - before.x1 > 0.08 * after.size
        text += (" " if apart else "") + after.text
    return text


def _is_code(text: str) -> bool:
    """Whether a line that OCR read looks like a prompt, a command or program output."""
    return _CODE.search(text) is not None


def merge_rows(rows: list[Row]) -> list[Row]:
    """Rows sorted from top to bottom, those on one baseline joined."""
    merged: list[Row] = []
    for row in sorted(rows, key=lambda item: (item.base, item.x0)):
        if merged and abs(merged[-1].base - row.base) < 0.3 * row.size:
            first = merged.pop()
            lines = sorted([*first.lines, *row.lines], key=_LEFT)
            row = Row(
                lines,
                min(first.x0, row.x0),
                min(first.y0, row.y0),
                max(first.x1, row.x1),
                max(first.y1, row.y1),
                first.base,
                first.size,
                first.bold and row.bold,
                first.mono and row.mono,
                _text(lines),
            )
        merged.append(row)
    return merged


def preformatted(rows: list[Row]) -> str:
    """Rows of a listing with their indentation and column positions, blank rows included."""
    advance = _advance(rows)
    left = min(row.x0 for row in rows)
    pitch = _pitch(rows)
    out: list[str] = []
    for index, row in enumerate(rows):
        if index and pitch and row.base - rows[index - 1].base > 1.7 * pitch:
            out.append("")
        text = ""
        for line in row.lines:
            column = round((line.x0 - left) / advance)
            gap = column - len(text)
            text += " " * (gap if gap > 0 else (1 if text else 0)) + line.text.rstrip()
        out.append(text)
    return "\n".join(out)


def _advance(rows: list[Row]) -> float:
    """Width of one character: the commonest over the lines without wide gaps."""
    widths = sorted(
        (line.x1 - line.x0) / len(line.text) for row in rows for line in row.lines if len(line.text) >= 4
    )
    if widths:
        return max(widths[len(widths) // 4], 0.5)
    return max(0.5, 0.55 * rows[0].size)


def _pitch(rows: list[Row]) -> float:
    steps = sorted(b.base - a.base for a, b in itertools.pairwise(rows) if b.base > a.base)
    return steps[len(steps) // 3] if steps else 0.0
