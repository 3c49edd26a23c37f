"""Pages without a text layer: read by OCR, then understood like any other page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymupdf

from mmrag.ingest.pdf import regions
from mmrag.ingest.pdf.boxes import inside
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry, from_regions
from mmrag.ingest.pdf.values import Block, Box, Line, RawPage, Region
from mmrag.text.script import is_cjk

if TYPE_CHECKING:
    from PIL.Image import Image

_DESCENT = 0.22
_SIZE = 0.8


def read_lines(picture: Image, raw: RawPage) -> list[Line]:
    """Lines that OCR finds in the picture of the whole page."""
    from mmrag.vision.ocr import read_text

    lines = []
    for found in read_text(picture):
        x0, y0, x1, y1 = found.bbox.to_points(raw.width, raw.height)
        height = y1 - y0
        upright = height < 1.5 * (x1 - x0) or len(found.text) < 3
        lines.append(
            Line(
                x0,
                y0,
                x1,
                y1,
                y1 - _DESCENT * height,
                found.text,
                _SIZE * height,
                "",
                upright=upright,
                ocr=True,
            )
        )
    return lines


def understand_scan(
    view: PageView, picture: Image, raw: RawPage, lines: list[Line], state: DocumentState
) -> list[Block]:
    """Blocks of a scanned page: the layout model on a copy of the page whose words are those of OCR."""
    if state.options.layout == "never" or raw.text_only:
        return by_geometry(view, raw, to_rows(lines, state.fonts), state)
    with pymupdf.open() as copy:
        page = _page_with_words(copy, picture, raw, lines)
        found = regions.analyse(page) if lines else []
        pictures = regions.pictures_in_pixels(page)
        drawn = RawPage(raw.number, raw.width, raw.height, images=pictures)
        inked = [box for box in pictures if not _is_text(box, found)]
        drawn.images = inked
        return from_regions(view, drawn, lines, found, [], state)


def _is_text(box: Box, found: list[Region]) -> bool:
    return any(region.name != "picture" and inside(box, region.box) > 0.8 for region in found)


def _page_with_words(copy: Any, picture: Image, raw: RawPage, lines: list[Line]) -> Any:
    page = copy.new_page(width=raw.width, height=raw.height)
    small = picture.resize((max(1, round(raw.width)), max(1, round(raw.height))))
    pixmap = pymupdf.Pixmap(pymupdf.csRGB, small.width, small.height, small.tobytes(), False)
    page.insert_image(page.rect, pixmap=pixmap)
    for line in lines:
        font = "china-s" if any(is_cjk(char) for char in line.text) else "helv"
        length = pymupdf.get_text_length(line.text, font, 1.0)
        size = min(line.size * 1.3, (line.x1 - line.x0) / length) if length else line.size
        page.insert_text(
            (line.x0, line.base), line.text, fontsize=max(size, 1.0), fontname=font, render_mode=3
        )
    return page
