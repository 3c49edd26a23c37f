"""Reading order: of columns, and of blocks that the layout model did not order."""

from __future__ import annotations

from statistics import median

from mmrag.ingest.pdf.boxes import gaps, shared_height, shared_width
from mmrag.ingest.pdf.demand import has_split_rows
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.values import Block, Line, Role, Row

_BINS = 120
_MIN_LINES = 4
_MAX_CROSSING = 0.2
_FULL = 0.5
_JUSTIFIED = 0.85
_HEADING_GAP = 26.0
_SAME_TOP = 6.0
_NOTE_GAP = 0.7
_NOTE_WIDTH = 7.0


def insert(blocks: list[Block], block: Block) -> None:
    """Put ``block`` behind the last block above it in its column, or before the first one below it."""
    above = below = None
    for index, other in enumerate(blocks):
        if shared_width(other.box, block.box) < 0.1:
            continue
        if (other.box[1] + other.box[3]) / 2 <= (block.box[1] + block.box[3]) / 2:
            above = index
        elif below is None:
            below = index
    if above is not None and (below is None or below > above):
        blocks.insert(above + 1, block)
    elif below is not None:
        blocks.insert(below, block)
    else:
        place = next((i for i, other in enumerate(blocks) if other.box[1] > block.box[3]), len(blocks))
        blocks.insert(place, block)


def in_one_column(blocks: list[Block], width: float) -> bool:
    """Whether no two blocks of running text stand side by side."""
    wide = [
        block.box
        for block in blocks
        if block.role in (Role.PARAGRAPH, Role.LIST, Role.LISTING)
        and block.box[2] - block.box[0] > 0.2 * width
    ]
    return not any(
        shared_height(first, second) > 0.5 and gaps(first, second)[0] > 0
        for index, first in enumerate(wide)
        for second in wide[index + 1 :]
    )


def top_of_columns(blocks: list[Block], width: float) -> float | None:
    """The y at which the columns of running text begin, their headings included; ``None`` without columns.

    Names of authors may stand side by side too, but they are centred: their lines differ in length.
    """
    running = [block.box for block in blocks if _is_running(block, width)]
    if not any(
        shared_height(first, second) > 0 and gaps(first, second)[0] > 0
        for index, first in enumerate(running)
        for second in running[index + 1 :]
    ):
        return None
    top = min(box[1] for box in running)
    headings = sorted(
        (block for block in blocks if block.role is Role.HEADING), key=lambda block: -block.box[3]
    )
    for block in headings:
        if top - _HEADING_GAP < block.box[3] <= top + 1 and not (block.box[0] < width / 2 < block.box[2]):
            top = min(top, block.box[1])
    return top


def _is_running(block: Block, width: float) -> bool:
    across = block.box[2] - block.box[0]
    return (
        block.role in (Role.PARAGRAPH, Role.LIST)
        and len(block.rows) >= 3
        and 0.2 * width < across < 0.6 * width
        and median(row.x1 - row.x0 for row in block.rows) >= _JUSTIFIED * across
    )


def put_first(blocks: list[Block], top: float) -> None:
    """Read what ends above ``top`` before everything else, row by row: the title over the columns."""
    above = [block for block in blocks if block.box[3] <= top]
    below = [block for block in blocks if block.box[3] > top]
    above.sort(key=lambda block: (round(block.box[1] / _SAME_TOP), block.box[0]))
    blocks[:] = above + below


def in_columns(rows: list[Row], fonts: Fonts) -> list[list[Row]]:
    """The rows of each column, in the order in which columns are read.

    Args:
        rows: of the page, across its columns.
        fonts: of the document.
    """
    if not has_split_rows(rows):
        return [rows]
    parted = columns([line for row in rows for line in row.lines])
    return [to_rows(column, fonts) for column in parted] if len(parted) > 1 else [rows]


def columns(lines: list[Line]) -> list[list[Line]]:
    """Lines in columns, in the order in which columns are read.

    Cut at a gutter that few lines cross and that has lines of running text on both sides. A line across
    the gutter (a title) ends the columns above it and is read before those below it.
    """
    gutter = _gutter(lines)
    if gutter is None:
        return [lines]
    bands: list[tuple[list[Line], list[Line], list[Line]]] = [([], [], [])]
    for line in sorted(lines, key=lambda item: item.base):
        wide, left, right = bands[-1]
        if line.x0 < gutter < line.x1:
            if left or right:
                bands.append(([line], [], []))
            else:
                wide.append(line)
        else:
            (left if line.x1 <= gutter else right).append(line)
    groups: list[list[Line]] = []
    for wide, left, right in bands:
        groups += [group for group in (wide, *_again(left), *_again(right)) if group]
    return groups


def _again(lines: list[Line]) -> list[list[Line]]:
    return columns(lines) if lines else []


def side_by_side(lines: list[Line]) -> list[list[Line]]:
    """Lines parted where two stretches of running text stand beside each other, as a side note does."""
    by_left = sorted(lines, key=lambda line: line.x0)
    end = by_left[0].x1
    for index, line in enumerate(by_left[1:], 1):
        if line.x0 - end > _NOTE_GAP * line.size and all(
            len(side) > 1 and median(item.x1 - item.x0 for item in side) > _NOTE_WIDTH * line.size
            for side in (by_left[:index], by_left[index:])
        ):
            parts = ([item for item in lines if item.x1 <= end], [item for item in lines if item.x1 > end])
            return [part for side in parts for part in side_by_side(side)]
        end = max(end, line.x1)
    return [lines]


def _gutter(lines: list[Line]) -> float | None:
    """The x that fewest lines cross, if both of its sides read like columns of text."""
    if len(lines) < 2 * _MIN_LINES:
        return None
    left = min(line.x0 for line in lines)
    width = max(line.x1 for line in lines) - left
    if width <= 0:
        return None
    step = width / _BINS
    changes = [0] * (_BINS + 2)
    for line in lines:
        changes[int((line.x0 - left) / step)] += 1
        changes[int((line.x1 - left) / step) + 1] -= 1
    crossed: list[int] = []
    total = 0
    for change in changes[:_BINS]:
        total += change
        crossed.append(total)
    middle = range(_BINS // 5, _BINS - _BINS // 5)
    fewest = min(crossed[index] for index in middle)
    if fewest > _MAX_CROSSING * len(lines):
        return None
    best = [index for index in middle if crossed[index] == fewest]
    x = left + (best[len(best) // 2] + 0.5) * step
    sides = [line for line in lines if line.x1 <= x], [line for line in lines if line.x0 >= x]
    return x if all(_is_column(side) for side in sides) else None


def _is_column(lines: list[Line]) -> bool:
    """Whether most are lines of running text: as wide as the column, and wide for their height."""
    if len(lines) < _MIN_LINES:
        return False
    column = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    width = median(line.x1 - line.x0 for line in lines)
    return width >= _FULL * column and width >= 6 * median(line.size for line in lines)
