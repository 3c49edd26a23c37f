"""Where the figures of a page are: bitmaps, drawings and what the layout model calls pictures, merged."""

from __future__ import annotations

from dataclasses import dataclass

from mmrag.ingest.pdf.boxes import (
    area,
    clip,
    gaps,
    grow,
    inside,
    merge_near,
    overlap,
    shared_height,
    shared_width,
    union,
)
from mmrag.ingest.pdf.values import Box, Line, RawPage

_RULE = 3.0
_JOIN = 3.0
_BRIDGE = 10.0
_LABEL = 14.0
_MIN_SIDE = 28.0
_MIN_SHARE = 0.004
_MAX_TEXT = 0.2
_MARGIN = 0.075
_MAX_PIECES = 400


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is on the page.

    Attributes:
        prose: lines of running text, headings, lists, captions, headers and footers.
        labels: lines that may belong to a figure.
        tables: boxes of tables.
        pictures: boxes that the layout model calls pictures.
    """

    prose: list[Line]
    labels: list[Line]
    tables: list[Box]
    pictures: list[Box]


def find_figures(raw: RawPage, around: Surroundings) -> list[Box]:
    """Boxes of the page's figures, panels that touch merged, labels around them included."""
    seeds = [
        *(box for box in raw.images if _is_picture(box, raw, around)),
        *_drawn(raw, around),
        *around.pictures,
    ]
    seeds = [box for box in (clip(seed, raw.width, raw.height) for seed in seeds) if box[2] > box[0]]
    if len(seeds) > _MAX_PIECES:
        seeds = merge_near(sorted(seeds, key=area, reverse=True)[: 4 * _MAX_PIECES], _BRIDGE)
    figures = _join(seeds, _BRIDGE, around.prose)
    for _ in range(3):
        grown = [_with_labels(box, around) for box in figures]
        joined = _join(grown, _BRIDGE, around.prose)
        if joined == figures:
            break
        figures = joined
    return [clip(box, raw.width, raw.height) for box in figures if _counts(box, raw, around)]


def _is_picture(box: Box, raw: RawPage, around: Surroundings) -> bool:
    """Not an icon, a rule, or a background behind text."""
    if box[2] - box[0] < 12 or box[3] - box[1] < 12:
        return False
    return _text_share(box, around.prose) < 0.1


def _text_share(box: Box, lines: list[Line]) -> float:
    whole = area(box)
    return sum(overlap(box, line.box) for line in lines) / whole if whole else 0.0


def _drawn(raw: RawPage, around: Surroundings) -> list[Box]:
    """Clusters of vector paths that are more than rules, table lines and frames around text."""
    pieces = [
        box
        for box in raw.drawings
        if not any(inside(box, grow(table, 4.0)) > 0.9 for table in around.tables)
        and not _frames_text(box, around.prose)
        and not _underlines(box, around.prose)
    ]
    return [
        cluster
        for cluster, solid in _clusters(pieces)
        if solid
        and min(cluster[2] - cluster[0], cluster[3] - cluster[1]) >= 6
        and max(cluster[2] - cluster[0], cluster[3] - cluster[1]) >= 12
        and _text_share(cluster, around.prose) < _MAX_TEXT
    ]


def _frames_text(box: Box, prose: list[Line]) -> bool:
    return area(box) > 0 and _text_share(box, prose) >= _MAX_TEXT


def _underlines(box: Box, prose: list[Line]) -> bool:
    if box[3] - box[1] > _RULE:
        return False
    return any(
        line.x0 - 2 <= box[0] and box[2] <= line.x1 + 2 and line.y0 < box[3] and box[1] < line.y1 + 3
        for line in prose
    )


def _clusters(pieces: list[Box]) -> list[tuple[Box, bool]]:
    """Unions of pieces that touch, each with whether any piece of it is more than a rule."""
    solid = [box for box in pieces if box[2] - box[0] > _RULE and box[3] - box[1] > _RULE]
    solid.sort(key=area, reverse=True)
    kept: list[Box] = []
    for box in solid:
        if len(kept) > 2000 or not any(inside(box, other) >= 1 for other in kept[:200]):
            kept.append(box)
    rules = [box for box in pieces if not (box[2] - box[0] > _RULE and box[3] - box[1] > _RULE)]
    crossing = _crossing(rules)
    return [(box, True) for box in _merge_many([*kept, *crossing])]


def _crossing(rules: list[Box]) -> list[Box]:
    """Rules that touch a rule of the other direction: axes, arrows and boxes drawn line by line."""
    flat = [box for box in rules if box[2] - box[0] >= box[3] - box[1]]
    steep = [box for box in rules if box[2] - box[0] < box[3] - box[1]]
    if len(flat) * len(steep) > 250_000:
        return rules
    touched_flat = [a for a in flat if any(max(gaps(a, b)) <= _JOIN for b in steep)]
    touched_steep = [b for b in steep if any(max(gaps(a, b)) <= _JOIN for a in flat)]
    return touched_flat + touched_steep


def _merge_many(boxes: list[Box]) -> list[Box]:
    """`merge_near` by way of a coarse grid, so that plots of thousands of points stay cheap."""
    if len(boxes) <= 150:
        return merge_near(boxes, _JOIN)
    cells: dict[tuple[int, int], Box] = {}
    large: list[Box] = []
    for box in boxes:
        if box[2] - box[0] > 36 or box[3] - box[1] > 36:
            large.append(box)
            continue
        key = (int(box[0] // 18), int(box[1] // 18))
        cells[key] = union([cells[key], box]) if key in cells else box
    return merge_near([*sorted(large, key=area, reverse=True)[:300], *cells.values()], _JOIN)


def _join(boxes: list[Box], distance: float, prose: list[Line]) -> list[Box]:
    """Boxes merged where they are near and no running text stands between them."""
    merged: list[Box] = []
    for box in boxes:
        while True:
            near = next(
                (
                    other
                    for other in merged
                    if max(gaps(box, other)) <= distance and not _parted(box, other, prose)
                ),
                None,
            )
            if near is None:
                break
            merged.remove(near)
            box = union([box, near])
        merged.append(box)
    return merged


def _parted(first: Box, second: Box, prose: list[Line]) -> bool:
    both = union([first, second])
    for line in prose:
        box = line.box
        if inside(box, both) > 0.5 and inside(box, first) < 0.5 and inside(box, second) < 0.5:
            return True
    return False


def _with_labels(box: Box, around: Surroundings) -> Box:
    """``box`` with the labels beside it: words of no paragraph, within a line's distance."""
    for line in around.labels:
        if inside(line.box, box) >= 0.99:
            continue
        across, down = gaps(line.box, box)
        if max(across, down) > _LABEL or any(inside(line.box, table) > 0.5 for table in around.tables):
            continue
        beside = shared_height(line.box, box) > 0.3 or shared_width(line.box, box) > 0.3
        if beside and not _parted(box, line.box, around.prose):
            box = union([box, line.box])
    return box


def _counts(box: Box, raw: RawPage, around: Surroundings) -> bool:
    """Large enough for a figure, not in the margin, and not a table."""
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < _MIN_SIDE or width * height < _MIN_SHARE * raw.width * raw.height:
        return False
    if box[3] < _MARGIN * raw.height or box[1] > (1 - _MARGIN) * raw.height:
        return False
    if any(
        inside(box, table) > 0.5 or (inside(table, box) > 0.8 and area(table) > 0.5 * area(box))
        for table in around.tables
    ):
        return False
    return _text_share(box, around.prose) < 0.35
