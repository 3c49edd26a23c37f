"""The order in which a person reads boxes: column by column, row by row, left to right.

For pieces of text that come without an order of their own, such as lines found by OCR.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from mmrag.types import BBox

_PROBES = 80
_MIN_COLUMN_LINES = 3
_MAX_COLUMNS = 4
_MAX_SPANNING = 0.25
_FULL_LINE = 0.5
_LINE_ASPECT = 6.0


def reading_order(boxes: Sequence[BBox], aspect: float = 1.0) -> list[int]:
    """Indices of ``boxes`` in reading order.

    A page is cut at a gutter that few boxes cross and that has lines of running text on both sides; a
    box across the gutter (a title, a wide figure) is read before what stands below it. Tables have
    gutters too, but short cells: their rows are read across.

    Args:
        boxes: of lines or words, page fractions.
        aspect: page width over page height, so that widths and heights can be compared.
    """
    return _order(list(range(len(boxes))), boxes, aspect)


def rows(indices: Sequence[int], boxes: Sequence[BBox]) -> list[list[int]]:
    """``indices`` grouped into rows from top to bottom, each from left to right.

    Boxes share a row where they overlap by more than half of the lower one's height.
    """
    grouped: list[list[int]] = []
    for index in sorted(indices, key=lambda i: (boxes[i].y0 + boxes[i].y1, boxes[i].x0)):
        if grouped and _same_row(boxes[grouped[-1][0]], boxes[index]):
            grouped[-1].append(index)
        else:
            grouped.append([index])
    return [sorted(row, key=lambda i: (boxes[i].x0, boxes[i].y0)) for row in grouped]


def _same_row(first: BBox, second: BBox) -> bool:
    both = min(first.y1, second.y1) - max(first.y0, second.y0)
    return both > 0.5 * min(first.y1 - first.y0, second.y1 - second.y0)


def _order(indices: list[int], boxes: Sequence[BBox], aspect: float) -> list[int]:
    gutter = _gutter(indices, boxes, aspect)
    if gutter is None:
        return [index for row in rows(indices, boxes) for index in row]
    spanning = sorted(
        (i for i in indices if boxes[i].x0 < gutter < boxes[i].x1), key=lambda i: (boxes[i].y0, boxes[i].x0)
    )
    rest = [i for i in indices if i not in set(spanning)]
    ordered: list[int] = []
    for wide in [*spanning, None]:
        above = [
            i for i in rest if wide is None or boxes[i].y0 + boxes[i].y1 <= boxes[wide].y0 + boxes[wide].y1
        ]
        rest = [i for i in rest if i not in set(above)]
        for column in (
            [i for i in above if boxes[i].x1 <= gutter],
            [i for i in above if boxes[i].x0 >= gutter],
        ):
            ordered += _order(column, boxes, aspect) if len(column) > 1 else column
        ordered += [] if wide is None else [wide]
    return ordered


def _gutter(
    indices: Sequence[int], boxes: Sequence[BBox], aspect: float, columns: int = _MAX_COLUMNS
) -> float | None:
    """Where on the x axis the fewest boxes are cut, if both sides read like ``columns`` columns at most."""
    if columns < 2 or len(indices) < 2 * _MIN_COLUMN_LINES:
        return None
    left = min(boxes[i].x0 for i in indices)
    width = max(boxes[i].x1 for i in indices) - left
    probes = [left + width * (0.2 + 0.6 * step / _PROBES) for step in range(_PROBES + 1)]
    crossed = [sum(boxes[i].x0 < x < boxes[i].x1 for i in indices) for x in probes]
    fewest = min(crossed)
    if fewest > _MAX_SPANNING * len(indices):
        return None
    runs = [x for x, count in zip(probes, crossed, strict=True) if count == fewest]
    for x in dict.fromkeys((runs[len(runs) // 2], runs[0], runs[-1])):
        sides = ([i for i in indices if boxes[i].x1 <= x], [i for i in indices if boxes[i].x0 >= x])
        if all(
            _is_column(side, boxes, aspect) or _gutter(side, boxes, aspect, columns // 2) is not None
            for side in sides
        ):
            return x
    return None


def _is_column(indices: Sequence[int], boxes: Sequence[BBox], aspect: float) -> bool:
    """Whether most boxes are lines: wide for their height, and as wide as the column."""
    if len(indices) < _MIN_COLUMN_LINES:
        return False
    column = max(boxes[i].x1 for i in indices) - min(boxes[i].x0 for i in indices)
    widths = [boxes[i].x1 - boxes[i].x0 for i in indices]
    height = median(boxes[i].y1 - boxes[i].y0 for i in indices)
    return median(widths) >= _FULL_LINE * column and median(widths) * aspect >= _LINE_ASPECT * height
