"""Lines that OCR found, put together to paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from mmrag.text.normalise import join_lines, normalise
from mmrag.text.script import is_cjk
from mmrag.types import BBox, Line
from mmrag.vision.ocr import OcrLine
from mmrag.vision.reading_order import rows

_MAX_GAP = 0.8
_MAX_ROW_GAP = 1.5
_MAX_GROWTH = 1.45
_INDENT = 1.2
_FULL = 0.85
_PROSE_CHARS = 24
_PROSE_LINES = 5
_MANY_LINES = 40
_MIN_COVER = 0.06


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Consecutive lines of one column.

    Attributes:
        text: in one line, hyphens rejoined.
        bbox: around its lines, fractions of the picture.
    """

    text: str
    bbox: BBox


def plain_text(lines: Sequence[OcrLine]) -> str:
    """The words of ``lines``, which are in reading order, one row of the picture a line."""
    return normalise("\n".join(map(_row_text, _grouped(lines))))


def rows_of(lines: Sequence[OcrLine]) -> list[Line]:
    """``lines``, which are in reading order, one row of the picture a line; boxes are picture fractions."""
    return [Line(normalise(_row_text(row)), _around(row)) for row in _grouped(lines)]


def is_mostly_text(lines: Sequence[OcrLine]) -> bool:
    """Whether a picture with these lines is a page of text (a scan, a photographed letter), not a figure.

    It is if it has several lines as long as those of prose that hold most of its characters, or very
    many lines, and they cover a good part of it.
    """
    cover = sum(line.bbox.area for line in lines)
    if cover < _MIN_COVER:
        return False
    lengths = [_length(line.text) for line in lines]
    prose = [length for length in lengths if length >= _PROSE_CHARS]
    return len(lines) >= _MANY_LINES or (len(prose) >= _PROSE_LINES and sum(prose) > 0.5 * sum(lengths))


def paragraphs(lines: Sequence[OcrLine], aspect: float) -> list[Paragraph]:
    """``lines``, which are in reading order, as paragraphs.

    Args:
        lines: of one picture.
        aspect: width of the picture over its height.
    """
    groups: list[list[list[OcrLine]]] = []
    for row in _rows(lines):
        if groups and _goes_on(groups[-1], row, aspect):
            groups[-1].append(row)
        else:
            groups.append([row])
    return [_paragraph(group) for group in groups]


def _grouped(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    if is_mostly_text(lines):
        return _rows(lines)
    found = rows(range(len(lines)), [line.bbox for line in lines])
    return [[lines[index] for index in row] for row in found]


def _rows(lines: Sequence[OcrLine]) -> list[list[OcrLine]]:
    """Lines that follow each other and stand side by side, such as the cells of a table."""
    found: list[list[OcrLine]] = []
    for line in lines:
        if found and _beside(found[-1][-1].bbox, line.bbox):
            found[-1].append(line)
        else:
            found.append([line])
    return found


def _row_text(row: Sequence[OcrLine]) -> str:
    return " ".join(line.text for line in row)


def _paragraph(group: Sequence[Sequence[OcrLine]]) -> Paragraph:
    texts = [_row_text(row) for row in group]
    tabular = any(len(row) > 1 for row in group)
    text = "\n".join(texts) if tabular else join_lines(texts)
    return Paragraph(normalise(text), reduce(BBox.union, (line.bbox for row in group for line in row)))


def _goes_on(group: Sequence[Sequence[OcrLine]], row: Sequence[OcrLine], aspect: float) -> bool:
    """Whether ``row`` continues the block: near below its last row, and as high.

    Rows of several pieces go with their like, as a table does. A single line goes on a paragraph if it
    is not indented and the line before it is full.
    """
    last, box = _around(group[-1]), _around(row)
    height, before = box.y1 - box.y0, last.y1 - last.y0
    if len(row) > 1 or len(group[-1]) > 1:
        return len(row) > 1 and len(group[-1]) > 1 and box.y0 - last.y1 < _MAX_ROW_GAP * min(height, before)
    first = reduce(BBox.union, (line.bbox for member in group for line in member))
    return (
        min(box.x1, last.x1) > max(box.x0, last.x0)
        and max(height, before) < _MAX_GROWTH * min(height, before)
        and box.y0 - last.y1 < _MAX_GAP * min(height, before)
        and (box.x0 - first.x0) * aspect < _INDENT * height
        and last.x1 - first.x0 > _FULL * (max(first.x1, box.x1) - first.x0)
    )


def _around(row: Sequence[OcrLine]) -> BBox:
    return reduce(BBox.union, (line.bbox for line in row))


def _beside(first: BBox, second: BBox) -> bool:
    both = min(first.y1, second.y1) - max(first.y0, second.y0)
    return both > 0.5 * min(first.y1 - first.y0, second.y1 - second.y0)


def _length(text: str) -> int:
    """Characters, a Chinese one counting for two."""
    return len(text) + sum(map(is_cjk, text))
