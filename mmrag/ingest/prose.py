"""Lines that OCR found, put together to paragraphs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from mmrag.ingest.ocr import OcrLine
from mmrag.ingest.reading_order import rows
from mmrag.text.normalise import join_lines, normalise
from mmrag.text.script import is_cjk
from mmrag.types import BBox

_MAX_GAP = 0.8
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
    """The words, one row of the picture a line."""
    boxes = [line.bbox for line in lines]
    groups = rows(range(len(lines)), boxes) if not is_mostly_text(lines) else [[i] for i in range(len(lines))]
    return normalise("\n".join(" ".join(lines[i].text for i in group) for group in groups))


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
    groups: list[list[OcrLine]] = []
    for line in lines:
        if groups and _goes_on(groups[-1], line, aspect):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_paragraph(group) for group in groups]


def _paragraph(group: list[OcrLine]) -> Paragraph:
    text = normalise(join_lines([line.text for line in group]))
    return Paragraph(text, reduce(BBox.union, (line.bbox for line in group)))


def _goes_on(group: list[OcrLine], line: OcrLine, aspect: float) -> bool:
    """Whether ``line`` continues the paragraph: below its last line, near, as high, and not indented."""
    last = group[-1].bbox
    box = line.bbox
    height, before = box.y1 - box.y0, last.y1 - last.y0
    if _beside(last, box):
        return 0 <= (box.x0 - last.x1) * aspect < 2 * height
    right = max(member.bbox.x1 for member in group)
    left = min(member.bbox.x0 for member in group)
    return (
        min(box.x1, last.x1) > max(box.x0, last.x0)
        and max(height, before) < _MAX_GROWTH * min(height, before)
        and box.y0 - last.y1 < _MAX_GAP * min(height, before)
        and (box.x0 - left) * aspect < _INDENT * height
        and (last.x1 - left) > _FULL * (max(right, box.x1) - left)
    )


def _beside(first: BBox, second: BBox) -> bool:
    both = min(first.y1, second.y1) - max(first.y0, second.y0)
    return both > 0.5 * min(first.y1 - first.y0, second.y1 - second.y0)


def _length(text: str) -> int:
    """Characters, a Chinese one counting for two."""
    return len(text) + sum(map(is_cjk, text))
