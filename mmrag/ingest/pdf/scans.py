"""Pages without a text layer: read by OCR, then understood like any other page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pymupdf

from mmrag.ingest.pdf import regions
from mmrag.ingest.pdf.assembly import Assembly, Draw
from mmrag.ingest.pdf.boxes import inside
from mmrag.ingest.pdf.lines import page_lines
from mmrag.ingest.pdf.order import in_columns
from mmrag.ingest.pdf.render import encode
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry, from_regions
from mmrag.ingest.pdf.values import Block, Box, Line, RawPage, Region, TextView
from mmrag.text.script import is_cjk
from mmrag.types import Kind

if TYPE_CHECKING:
    from PIL.Image import Image

_DESCENT = 0.22
_SIZE = 0.8


def fill_scan(assembly: Assembly, view: TextView, picture: Image, draw: Draw) -> None:
    """Put a scanned page into its assembly: its picture with all words, and what can be told apart in it.

    Args:
        assembly: of the page.
        view: of the page.
        picture: of the whole page.
        draw: makes pictures of parts of it.
    """
    raw, state = assembly.raw, assembly.state
    lines = read_lines(picture, raw) if state.options.ocr != "never" else []
    raw.lines = lines
    state.fonts.add(lines)
    state.furniture.add(raw)
    kept = state.furniture.split(raw)
    text = "\n".join(line.text for line in lines)
    whole = (0.0, 0.0, raw.width, raw.height)
    assembly.add(Kind.PAGE, whole, text, "", state.outline.path, encode(picture), {"ocr": True})
    if lines:
        upright = to_rows([line for line in kept if line.upright], state.fonts)
        turned = [line for line in kept if not line.upright]
        assembly.lines = page_lines(raw, in_columns(upright, state.fonts), turned)
        assembly.add_blocks(understand_scan(view, picture, raw, kept, state), draw)


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
    view: TextView, picture: Image, raw: RawPage, lines: list[Line], state: DocumentState
) -> list[Block]:
    """Blocks of a scanned page: the layout model on a copy of the page whose words are those of OCR."""
    if state.options.layout == "never" or raw.text_only:
        return by_geometry(view, raw, in_columns(to_rows(lines, state.fonts), state.fonts), state)
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
