"""Arithmetic on boxes in points."""

from __future__ import annotations

from collections.abc import Iterable

from mmrag.ingest.pdf.values import Box
from mmrag.types import BBox


def area(box: Box) -> float:
    """Its area; 0 if it is empty."""
    return max(0.0, box[2] - box[0]) * max(0.0, box[3] - box[1])


def overlap(first: Box, second: Box) -> float:
    """Area that both cover."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    return width * height if width > 0 and height > 0 else 0.0


def inside(inner: Box, outer: Box) -> float:
    """Share of ``inner`` that lies in ``outer``, 0..1; a box without area counts by its middle."""
    whole = area(inner)
    if whole > 0:
        return overlap(inner, outer) / whole
    return 1.0 if holds_middle(outer, inner) else 0.0


def holds_middle(outer: Box, inner: Box) -> bool:
    """Whether the middle of ``inner`` lies in ``outer``."""
    x, y = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    return outer[0] <= x <= outer[2] and outer[1] <= y <= outer[3]


def union(boxes: Iterable[Box]) -> Box:
    """The smallest box around all; ``boxes`` must not be empty."""
    all_boxes = list(boxes)
    return (
        min(box[0] for box in all_boxes),
        min(box[1] for box in all_boxes),
        max(box[2] for box in all_boxes),
        max(box[3] for box in all_boxes),
    )


def grow(box: Box, by: float) -> Box:
    """``box`` with every side moved out by ``by``."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def clip(box: Box, width: float, height: float) -> Box:
    """The part of ``box`` on a page of that size; may be empty."""
    return (max(0.0, box[0]), max(0.0, box[1]), min(width, box[2]), min(height, box[3]))


def gaps(first: Box, second: Box) -> tuple[float, float]:
    """Horizontal and vertical distance between two boxes; 0 where their sides overlap."""
    return (
        max(0.0, first[0] - second[2], second[0] - first[2]),
        max(0.0, first[1] - second[3], second[1] - first[3]),
    )


def shared_width(first: Box, second: Box) -> float:
    """Horizontal overlap as a share of the narrower box, 0..1."""
    width = min(first[2] - first[0], second[2] - second[0])
    both = min(first[2], second[2]) - max(first[0], second[0])
    return max(0.0, both) / width if width > 0 else 0.0


def shared_height(first: Box, second: Box) -> float:
    """Vertical overlap as a share of the lower box, 0..1."""
    height = min(first[3] - first[1], second[3] - second[1])
    both = min(first[3], second[3]) - max(first[1], second[1])
    return max(0.0, both) / height if height > 0 else 0.0


def merge_near(boxes: Iterable[Box], distance: float) -> list[Box]:
    """Boxes joined into their unions until no two are within ``distance`` of each other."""
    merged: list[Box] = []
    for box in boxes:
        while True:
            near = [other for other in merged if max(gaps(box, other)) <= distance]
            if not near:
                break
            merged = [other for other in merged if other not in near]
            box = union([box, *near])
        merged.append(box)
    return merged


def fractions(box: Box, width: float, height: float) -> BBox:
    """``box`` as fractions of a page of ``width`` × ``height`` points, clipped to it."""
    try:
        return BBox(box[0] / width, box[1] / height, box[2] / width, box[3] / height)
    except ValueError:
        return BBox.from_points(*box, width, height)
