"""Vector paths of a page, told apart into rules, rectangles and what only a drawing has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mmrag.ingest.pdf.boxes import clip
from mmrag.ingest.pdf.values import Box

RULE = 3.0
_WHITE = 0.985
_RECTANGLES = frozenset({"re", "qu"})
_CORNER = 0.25


@dataclass(frozen=True, slots=True)
class Drawing:
    """One visible path.

    Attributes:
        box: in points, clipped to the page.
        shape: ``rule`` (thinner than 3 points), ``rectangle``, or ``path`` for all else.
        filled: whether it has a fill colour.
    """

    box: Box
    shape: str
    filled: bool


def read_drawings(page: Any) -> list[Drawing]:
    """The paths of ``page`` that can be seen on white, in the order in which they are drawn."""
    width, height = page.rect.width, page.rect.height
    found: list[Drawing] = []
    clips: list[tuple[int, Box]] = []
    for path in page.get_cdrawings(extended=True):
        while clips and clips[-1][0] >= path["level"]:
            clips.pop()
        if path["type"] == "clip":
            clips.append((path["level"], tuple(path["scissor"])))
            continue
        if path["type"] == "group":
            continue
        fill = path.get("fill") if path.get("fill_opacity", 1) else None
        stroke = path.get("color") if path.get("stroke_opacity", 1) else None
        if _unseen(fill) and _unseen(stroke):
            continue
        box = clip(path["rect"], width, height)
        if clips:
            box = _within(box, clips[-1][1])
        if box[2] < box[0] or box[3] < box[1]:
            continue
        found.append(Drawing(box, _shape(box, path["items"]), not _unseen(fill)))
    return found


def _within(box: Box, limits: Box) -> Box:
    return (
        max(box[0], limits[0]),
        max(box[1], limits[1]),
        min(box[2], limits[2]),
        min(box[3], limits[3]),
    )


def _unseen(colour: Any) -> bool:
    return colour is None or min(colour) >= _WHITE


def _shape(box: Box, items: Any) -> str:
    if box[2] - box[0] <= RULE or box[3] - box[1] <= RULE:
        return "rule"
    if all(item[0] in _RECTANGLES for item in items) or _is_outline(items, box):
        return "rectangle"
    return "path"


def _is_outline(items: Any, box: Box) -> bool:
    """Whether the path is a rectangle drawn line by line, its corners sharp or round."""
    straight = [item for item in items if item[0] == "l"]
    round_ = [item for item in items if item[0] == "c"]
    if len(straight) + len(round_) != len(items) or not 3 <= len(straight) <= 5 or len(round_) > 4:
        return False
    corner = _CORNER * max(box[2] - box[0], box[3] - box[1])
    return all(
        abs(item[1][0] - item[2][0]) < 0.5 or abs(item[1][1] - item[2][1]) < 0.5 for item in straight
    ) and all(
        abs(item[1][0] - item[4][0]) <= corner and abs(item[1][1] - item[4][1]) <= corner for item in round_
    )
