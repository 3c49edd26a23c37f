"""Where a block that the layout model did not order stands among those that it did."""

from __future__ import annotations

from mmrag.ingest.pdf.boxes import shared_width
from mmrag.ingest.pdf.values import Block, Line
from mmrag.ingest.reading_order import reading_order
from mmrag.types import BBox


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


def columns(lines: list[Line], width: float, height: float) -> list[list[Line]]:
    """Lines of a page in columns, in the order in which columns are read."""
    boxes = [BBox.from_points(*line.box, width, height) for line in lines]
    groups: list[list[Line]] = []
    for index in reading_order(boxes, width / height):
        line = lines[index]
        if groups and line.base >= groups[-1][-1].base - 2 * line.size:
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups
