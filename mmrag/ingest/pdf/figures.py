"""Where the figures of a page are: bitmaps, drawings and what the layout model calls pictures, merged."""

from __future__ import annotations

from dataclasses import dataclass

from mmrag.ingest.pdf.boxes import (
    area,
    clip,
    gaps,
    inside,
    overlap,
    shared_height,
    shared_width,
    union,
)
from mmrag.ingest.pdf.clusters import drawn_clusters
from mmrag.ingest.pdf.drawings import Drawing
from mmrag.ingest.pdf.values import Box, Line, RawPage

_BRIDGE = 10.0
_LABEL = 14.0
_MIN_PART = 12.0
_MIN_SIDE = 28.0
_MIN_SHARE = 0.004
_MARGIN = 0.075
_MAX_SEEDS = 400
_GROUND = 0.6
_BAND = 0.35
_EDGE = 3.0
_LONG = 0.6
_FEW_PLAIN = 2
_MAX_TEXT = 0.35
_CAPTION_GAP = 48.0
_PANEL_GAP = 72.0
_LONE_PANEL_GAP = 16.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What else is on the page.

    Attributes:
        prose: lines of running text, headings, lists, captions, headers and footers.
        labels: lines that may belong to a figure.
        captions: boxes of blocks that begin like a caption.
        frames: boxes of rectangles that only stand around text.
        tables: boxes of tables.
        pictures: boxes that the layout model calls pictures.
    """

    prose: list[Line]
    labels: list[Line]
    captions: list[Box]
    frames: set[Box]
    tables: list[Box]
    pictures: list[Box]


def find_figures(raw: RawPage, drawings: list[Drawing], around: Surroundings) -> list[Box]:
    """Boxes of the page's figures: panels that touch or share a caption merged, labels included."""
    drawn = [item for item in drawings if not _is_ground(item, raw)]
    seeds = [
        *(box for box in raw.images if _is_picture(box, around)),
        *drawn_clusters(drawn, around.prose, around.labels, around.tables, around.frames),
        *(part for box in around.pictures for part in _parts(box, [*around.captions, *around.frames])),
    ]
    seeds = [box for box in (clip(seed, raw.width, raw.height) for seed in seeds) if area(box) > 0]
    figures = _join(sorted(seeds, key=area, reverse=True)[:_MAX_SEEDS], _BRIDGE, around.prose)
    for _ in range(3):
        grown = [_with_labels(box, around) for box in figures]
        joined = _join(grown, _BRIDGE, around.prose)
        if joined == figures:
            break
        figures = joined
    figures = _join_panels(figures, around)
    trimmed = [_trimmed(clip(box, raw.width, raw.height), around.prose) for box in figures]
    return [box for box in trimmed if _counts(box, raw, around) and not _is_plain(box, raw, drawn, around)]


def _is_ground(drawing: Drawing, raw: RawPage) -> bool:
    """Whether a path colours most of the page, or a band across it: the ground of a slide or a cover."""
    box = drawing.box
    return drawing.filled and (
        area(box) > _GROUND * raw.width * raw.height
        or _is_band(box[0], box[2], raw.width, box[1], box[3], raw.height)
        or _is_band(box[1], box[3], raw.height, box[0], box[2], raw.width)
    )


def _is_band(x0: float, x1: float, width: float, y0: float, y1: float, height: float) -> bool:
    """Whether it runs from edge to edge, or nearly so along an edge, and is not high."""
    length = x1 - x0
    at_edge = y0 <= _EDGE or y1 >= height - _EDGE
    return y1 - y0 < _BAND * height and (length >= width - 2 * _EDGE or (at_edge and length >= _LONG * width))


def _is_plain(box: Box, raw: RawPage, drawn: list[Drawing], around: Surroundings) -> bool:
    """Whether there is nothing to see but a coloured rectangle or two, without a word."""
    inner = [item for item in drawn if inside(item.box, box) > 0.9]
    return (
        0 < len(inner) <= _FEW_PLAIN
        and all(item.filled and item.shape == "rectangle" for item in inner)
        and not any(overlap(image, box) for image in raw.images)
        and not any(overlap(line.box, box) for line in (*around.labels, *around.prose))
    )


def _is_picture(box: Box, around: Surroundings) -> bool:
    """Not an icon, a rule, or a background behind text."""
    if box[2] - box[0] < 12 or box[3] - box[1] < 12:
        return False
    return _text_share(box, around.prose) < 0.1


def _text_share(box: Box, lines: list[Line]) -> float:
    whole = area(box)
    return sum(overlap(box, line.box) for line in lines) / whole if whole else 0.0


def _parts(box: Box, foreign: list[Box]) -> list[Box]:
    """The layout model's picture, cut where it runs over captions and framed text."""
    parts = [box]
    for other in foreign:
        for part in list(parts):
            if inside(other, part) > 0.5:
                parts.remove(part)
                above = (part[0], part[1], part[2], min(part[3], other[1]))
                below = (part[0], max(part[1], other[3]), part[2], part[3])
                parts += [piece for piece in (above, below) if piece[3] - piece[1] >= _MIN_PART]
    return parts


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


def _join_panels(figures: list[Box], around: Surroundings) -> list[Box]:
    """Figures that stand together over one caption, or all but touch, become one."""
    figures = list(figures)
    changed = True
    while changed:
        changed = False
        for index, first in enumerate(figures):
            second = next((box for box in figures[index + 1 :] if _one_figure(first, box, around)), None)
            if second is not None:
                figures.remove(second)
                figures[index] = union([first, second])
                changed = True
                break
    return figures


def _one_figure(first: Box, second: Box, around: Surroundings) -> bool:
    distance = max(gaps(first, second))
    if distance > _PANEL_GAP or (shared_width(first, second) < 0.3 and shared_height(first, second) < 0.3):
        return False
    both = union([first, second])
    if _parted(first, second, around.prose) or any(overlap(table, both) > 0 for table in around.tables):
        return False
    captions = sum(
        shared_width(caption, both) > 0.2 and gaps(caption, both)[1] <= _CAPTION_GAP
        for caption in around.captions
    )
    return captions <= 1 and distance <= (_PANEL_GAP if captions else _LONE_PANEL_GAP)


def _trimmed(box: Box, prose: list[Line]) -> Box:
    """``box`` without the long lines of running text at its upper and lower edge."""
    top, bottom = box[1], box[3]
    third = (bottom - top) / 3
    for line in prose:
        if inside(line.box, box) > 0.5 and line.x1 - line.x0 > 0.3 * (box[2] - box[0]):
            if line.y1 < box[1] + third:
                top = max(top, line.y1)
            elif line.y0 > box[3] - third:
                bottom = min(bottom, line.y0)
    return (box[0], top, box[2], bottom)


def _counts(box: Box, raw: RawPage, around: Surroundings) -> bool:
    """Large enough for a figure, not in the margin, and not a table."""
    width, height = box[2] - box[0], box[3] - box[1]
    if min(width, height) < _MIN_SIDE or width * height < _MIN_SHARE * raw.width * raw.height:
        return False
    if box[3] < _MARGIN * raw.height or box[1] > (1 - _MARGIN) * raw.height:
        return False
    for table in around.tables:
        if inside(box, table) > 0.5 or (inside(table, box) > 0.8 and area(table) > 0.5 * area(box)):
            return False
    return _text_share(box, around.prose) < _MAX_TEXT
