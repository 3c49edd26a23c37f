"""Whether a page needs the layout model or OCR, decided from what one cheap pass has found."""

from __future__ import annotations

import re
from itertools import pairwise

from mmrag.ingest.pdf.boxes import area, grow, inside
from mmrag.ingest.pdf.values import Box, RawPage, Row

_ICON = 20.0
_STRIP = 7.0
_RULE = 3.0
_LONG_RULE = 60.0
_MANY_RULES = 3
_MANY_SPLIT_ROWS = 3
_FEW_CHARS = 16
_STAMP_CHARS = 60
_MANY_PATHS = 300
_SAMPLE = 400
_PAGE_NUMBER = re.compile(r"[.\s]*(?:\d{1,4}|[ivxlc]{1,6})\s*|[.\s·…]+|\(?\d+(?:\.\d+)*\)")
_UNREADABLE = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")


def needs_layout(raw: RawPage, rows: list[Row]) -> bool:
    """Whether the page shows more than one column of running text.

    Args:
        raw: the page.
        rows: of it, without header and footer.
    """
    return has_split_rows(rows) or _has_graphics(raw, rows)


def _has_graphics(raw: RawPage, rows: list[Row]) -> bool:
    if any(box[2] - box[0] >= _ICON and box[3] - box[1] >= _ICON for box in raw.images):
        return True
    rules = 0
    frames = _frames(raw, rows)
    for box in raw.drawings:
        x0, y0, x1, y1 = box
        if frames and any(_belongs_to(box, frame) for frame in frames):
            continue
        width, height = x1 - x0, y1 - y0
        if width > _RULE and height > _RULE:
            if width >= 8 or height >= 8:
                return True
        elif height > _LONG_RULE or (
            width > _LONG_RULE
            and 0.09 * raw.height < y0 < 0.92 * raw.height
            and not any(row.x0 - 2 <= x0 and x1 <= row.x1 + 2 and row.y0 < y0 < row.y1 + 3 for row in rows)
        ):
            rules += 1
    return rules >= _MANY_RULES


def _frames(raw: RawPage, rows: list[Row]) -> list[Box]:
    """Wide boxes around rows of text, such as the ground of a code listing."""
    return [
        box
        for box in raw.rectangles
        if box[2] - box[0] > 0.4 * raw.width
        and box[3] - box[1] > _ICON / 2
        and any(inside((row.x0, row.y0, row.x1, row.y1), box) > 0.7 for row in rows)
    ]


def _belongs_to(box: Box, frame: Box) -> bool:
    """Whether a box is the frame itself or a strip along one of its sides."""
    if box == frame:
        return True
    thin = min(box[2] - box[0], box[3] - box[1]) <= _STRIP
    return thin and inside(box, grow(frame, _STRIP)) > 0.9


def has_split_rows(rows: list[Row]) -> bool:
    """Whether several rows consist of pieces with wide gaps: columns, side notes or a table."""
    split = 0
    for row in rows:
        if len(row.lines) > 1 and _is_split(row):
            split += 1
            if split >= _MANY_SPLIT_ROWS:
                return True
    return False


def _is_split(row: Row) -> bool:
    if len(row.lines) > 2 and sum(b.x0 - a.x1 > 1.2 * b.size for a, b in pairwise(row.lines)) > 1:
        return True
    return any(
        after.x0 - before.x1 > 1.2 * after.size
        and len(before.text) > 2
        and not _PAGE_NUMBER.fullmatch(after.text)
        for before, after in pairwise(row.lines)
    )


def is_scan(raw: RawPage) -> bool:
    """Whether the page has no usable text layer but shows something large."""
    text = ""
    for line in raw.lines:
        text += line.text
        if len(text) >= _SAMPLE:
            break
    bad = len(_UNREADABLE.findall(text))
    good = len(text) - bad - text.count(" ")
    garbled = bad > 0.3 * len(text)
    covered = sum(area(box) for box in raw.images) / (raw.width * raw.height)
    if good < _FEW_CHARS or garbled:
        return covered >= 0.4 or len(raw.drawings) > _MANY_PATHS or (garbled and len(text) > _FEW_CHARS)
    return good < _STAMP_CHARS and covered >= 0.75
