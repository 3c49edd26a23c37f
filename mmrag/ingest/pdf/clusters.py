"""Vector paths that belong together, without the rules, frames and table lines that belong to text."""

from __future__ import annotations

from mmrag.ingest.pdf.boxes import area, gaps, grow, inside, merge_near, overlap, union
from mmrag.ingest.pdf.drawings import RULE, Drawing
from mmrag.ingest.pdf.values import Box, Line

_JOIN = 3.0
_WIDE = 0.4
_MAX_TEXT = 0.2
_CELL = 18.0
_SMALL = 36.0
_FEW = 150
_MANY = 1500
_SPECK = 400.0


def drawn_clusters(
    drawings: list[Drawing], prose: list[Line], labels: list[Line], tables: list[Box], frames: set[Box]
) -> list[Box]:
    """Boxes of groups of paths that draw something.

    Args:
        drawings: of the page.
        prose: lines of running text; what lies behind or under them draws nothing.
        labels: lines that may be part of a drawing.
        tables: boxes whose paths are table lines.
        frames: boxes of rectangles that only stand around text (see `text_frames`).
    """
    pieces = [
        drawing
        for drawing in drawings
        if drawing.box not in frames
        and not any(inside(drawing.box, grow(table, 4.0)) > 0.9 for table in tables)
        and not _underlines(drawing.box, prose)
    ]
    solid = [drawing.box for drawing in pieces if drawing.shape != "rule"]
    crossing = _crossing([drawing.box for drawing in pieces if drawing.shape == "rule"])
    return [
        cluster
        for cluster in _merge([*solid, *crossing])
        if min(cluster[2] - cluster[0], cluster[3] - cluster[1]) >= 4
        and max(cluster[2] - cluster[0], cluster[3] - cluster[1]) >= 12
        and _share(cluster, prose) < _MAX_TEXT
        and not _is_ruled_text(cluster, pieces, [*prose, *labels])
    ]


def text_frames(
    drawings: list[Drawing], prose: list[Line], labels: list[Line], page_width: float
) -> set[Box]:
    """Boxes of rectangles with nothing in them but text, such as the ground of a code listing.

    The boxes of a diagram hold nothing but text too: those are narrow and have other shapes beside them, or
    lines that end at them.

    Args:
        drawings: of the page.
        prose: lines of running text.
        labels: lines that may be part of a drawing.
        page_width: in points.
    """
    if len(drawings) > _MANY:
        return set()
    rules = [item.box for item in drawings if item.shape == "rule"]
    rectangles = [item.box for item in drawings if item.shape == "rectangle" and area(item.box) > _SPECK]
    frames: set[Box] = set()
    for box in rectangles:
        lines = [line for line in [*prose, *labels] if inside(line.box, box) > 0.7]
        if not lines or _is_node(box, rules):
            continue
        if _share(box, prose) >= _MAX_TEXT:
            frames.add(box)
        elif not any(_draws_inside(other, box) for other in drawings):
            wide = box[2] - box[0] > _WIDE * page_width
            if wide or (
                _share(box, lines) >= 0.35 and not any(_beside(other.box, box) for other in drawings)
            ):
                frames.add(box)
    return frames | _empty_neighbours(frames, rectangles, drawings)


def _is_node(box: Box, rules: list[Box]) -> bool:
    """Whether a line ends at the middle of a side of the box: an edge of a graph, or the stem of an arrow."""
    x0, y0, x1, y1 = box
    return any(
        (
            bottom - top <= RULE
            and min(abs(left - x1), abs(right - x0)) <= _JOIN
            and _is_middle((top + bottom) / 2, y0, y1)
        )
        or (
            right - left <= RULE
            and min(abs(top - y1), abs(bottom - y0)) <= _JOIN
            and _is_middle((left + right) / 2, x0, x1)
        )
        for left, top, right, bottom in rules
    )


def _is_middle(place: float, start: float, end: float) -> bool:
    return abs(2 * place - start - end) < (end - start) / 2


def _empty_neighbours(frames: set[Box], rectangles: list[Box], drawings: list[Drawing]) -> set[Box]:
    """Rectangles without content that prolong a frame: blank lines of a listing set line by line."""
    edges = {(round(box[0]), round(box[2])) for box in frames}
    return {
        box
        for box in rectangles
        if (round(box[0]), round(box[2])) in edges
        and any(gaps(box, frame)[1] <= 2 for frame in frames)
        and not any(_draws_inside(other, box) for other in drawings)
    }


def _draws_inside(other: Drawing, box: Box) -> bool:
    inner = other.box
    if inner == box or inside(inner, box) <= 0.9 or _on_edge(inner, box):
        return False
    return area(inner) < 0.8 * area(box)


def _beside(other: Box, box: Box) -> bool:
    long_side = max(other[2] - other[0], other[3] - other[1])
    return other != box and long_side >= 6 and max(gaps(other, box)) < 40 and area(other) < 4 * area(box)


def _on_edge(inner: Box, outer: Box) -> bool:
    """Whether a thin box lies on a side of ``outer``."""
    return (
        min(inner[2] - inner[0], inner[3] - inner[1]) <= RULE
        and min(
            abs(inner[0] - outer[0]),
            abs(inner[2] - outer[2]),
            abs(inner[1] - outer[1]),
            abs(inner[3] - outer[3]),
        )
        < 2
    )


def _is_ruled_text(cluster: Box, pieces: list[Drawing], lines: list[Line]) -> bool:
    """Whether the cluster is rules and at most two rectangles around text: a frame or a grid of cells."""
    within = [piece for piece in pieces if inside(piece.box, grow(cluster, 1.0)) > 0.9]
    if any(piece.shape == "path" for piece in within):
        return False
    if any(_beside(piece.box, cluster) for piece in pieces if piece not in within):
        return False
    if sum(piece.shape == "rectangle" for piece in within) > 2:
        return False
    return sum(inside(line.box, cluster) > 0.7 for line in lines) >= 1 and _share(cluster, lines) > 0.06


def _share(box: Box, lines: list[Line]) -> float:
    whole = area(box)
    return sum(overlap(box, line.box) for line in lines) / whole if whole else 0.0


def _underlines(box: Box, prose: list[Line]) -> bool:
    if box[3] - box[1] > RULE:
        return False
    return any(
        line.x0 - 2 <= box[0] and box[2] <= line.x1 + 2 and line.y0 < box[3] and box[1] < line.y1 + 3
        for line in prose
    )


def _crossing(rules: list[Box]) -> list[Box]:
    """Rules that touch a rule of the other direction: axes, arrows and boxes drawn line by line."""
    flat = [box for box in rules if box[2] - box[0] >= box[3] - box[1]]
    steep = [box for box in rules if box[2] - box[0] < box[3] - box[1]]
    if len(flat) * len(steep) > 100_000:
        return rules
    touched_flat = [a for a in flat if any(max(gaps(a, b)) <= _JOIN for b in steep)]
    touched_steep = [b for b in steep if any(max(gaps(a, b)) <= _JOIN for a in flat)]
    return touched_flat + touched_steep


def _merge(boxes: list[Box]) -> list[Box]:
    """`merge_near` by way of a coarse grid, so that plots of thousands of points stay cheap."""
    if len(boxes) <= _FEW:
        return merge_near(boxes, _JOIN)
    cells: dict[tuple[int, int], Box] = {}
    large: list[Box] = []
    for box in boxes:
        if box[2] - box[0] > _SMALL or box[3] - box[1] > _SMALL:
            large.append(box)
            continue
        key = (int(box[0] // _CELL), int(box[1] // _CELL))
        cells[key] = union([cells[key], box]) if key in cells else box
    large.sort(key=area, reverse=True)
    kept: list[Box] = []
    for box in large:
        if len(kept) < 2 * _FEW and not any(inside(box, other) >= 1 for other in kept):
            kept.append(box)
    return merge_near([*kept, *cells.values()], _JOIN)
