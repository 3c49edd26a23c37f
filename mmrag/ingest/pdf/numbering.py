"""Line numbers in the margin, as manuscripts, patents and drafts of laws have them."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from statistics import median

from mmrag.ingest.pdf.values import Line

_FEWEST = 5
_MANY = 20
_STEPS = (1, 2, 5, 10)
_STEADY = 0.8
_SMALL = 0.87
_SPAN = 2.5
_LONGEST = 5


def without_line_numbers(lines: list[Line]) -> list[Line]:
    """``lines`` of a page without a column of numbers that counts its lines.

    Such numbers stand beside the text, where nothing else does, each larger than the one above it by the same
    step, and are set smaller than the text unless there are many. The first column of a table has its name
    above it, and the ticks of an axis grow upwards.
    """
    numbers = [line for line in lines if line.text.isdigit() and len(line.text) <= _LONGEST]
    if len(numbers) < _FEWEST:
        return lines
    numbered = {id(line) for line in numbers}
    others = [line for line in lines if line.upright and id(line) not in numbered]
    if len(others) < _FEWEST:
        return lines
    left = sorted(line.x0 for line in others)[len(others) // 10]
    right = sorted(line.x1 for line in others)[-1 - len(others) // 10]
    gone: set[int] = set()
    for column in (
        [line for line in numbers if line.x1 <= left],
        [line for line in numbers if line.x0 >= right],
    ):
        if _counts_lines(column, others):
            gone.update(map(id, column))
    return [line for line in lines if id(line) not in gone] if gone else lines


def _counts_lines(column: list[Line], others: list[Line]) -> bool:
    if len(column) < _FEWEST:
        return False
    column = sorted(column, key=lambda line: line.base)
    steps = [int(after.text) - int(before.text) for before, after in pairwise(column)]
    step, times = Counter(steps).most_common(1)[0]
    if step not in _STEPS or times < _STEADY * len(steps) or min(steps) <= 0:
        return False
    size = median(line.size for line in column)
    if size > _SMALL * median(line.size for line in others) and len(column) < _MANY:
        return False
    x0, x1 = min(line.x0 for line in column), max(line.x1 for line in column)
    top, bottom = column[0].y0 - _SPAN * size, column[-1].y1 + _SPAN * size
    return not any(
        line.x0 < x1 and x0 < line.x1 and top < (line.y0 + line.y1) / 2 < bottom for line in others
    )
