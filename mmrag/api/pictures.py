"""Pictures of pages with the evidence outlined, drawn from the original files."""

from __future__ import annotations

import html
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

from mmrag.errors import UsageError
from mmrag.index.files import sha256_of
from mmrag.types import BBox, Document, Element, Kind, Page

OUTLINE = (213, 94, 0)
"""Vermilion of the colour-blind-safe palette of Okabe and Ito (2008)."""


def page_picture(
    root: Path, document: Document, page: Page, elements: Sequence[Element], dpi: int
) -> Image.Image:
    """The page as an RGB picture.

    Args:
        root: the indexed folder, or the one indexed file.
        document, page: which.
        elements: of the page; a section of a document without pages is typeset from them.
        dpi: pixels an inch; a picture's own page is shown at its own size, at most.

    Raises:
        UsageError: if the file is gone or has changed since it was indexed.
    """
    if not document.paged:
        return _typeset(page, elements, dpi)
    path = root if root.is_file() else root / document.path
    if not path.is_file():
        raise UsageError(f"{path} is gone: its page can't be drawn")
    if sha256_of(path) != document.id:
        raise UsageError(f"{path} has changed since it was indexed: run mmrag index {root} first")
    if document.media_type == "application/pdf":
        from mmrag.ingest.pdf import render_page

        return render_page(path, page.number, dpi)
    return _frame(path, page.number)


def outlined(picture: Image.Image, boxes: Sequence[BBox]) -> Image.Image:
    """A copy of the picture with the boxes outlined."""
    copy = picture.convert("RGB")
    draw = ImageDraw.Draw(copy)
    width = max(2, round(max(copy.size) / 500))
    for box in boxes:
        x0, y0, x1, y1 = box.to_points(*copy.size)
        draw.rectangle((x0 - width, y0 - width, x1 + width, y1 + width), outline=OUTLINE, width=width)
    return copy


def _frame(path: Path, number: int) -> Image.Image:
    with Image.open(path) as picture:
        picture.seek(number - 1)
        return ImageOps.exif_transpose(picture).convert("RGB")


def _typeset(page: Page, elements: Sequence[Element], dpi: int) -> Image.Image:
    """The section's text on a sheet of A5, as tall as it needs."""
    import pymupdf

    width, margin = 420.0, 36.0
    body = "".join(_paragraph(element) for element in elements) or html.escape(page.label)
    story = pymupdf.Story(html=body, user_css="body {font-family: sans-serif; font-size: 10px}")
    height = 60.0
    more = 1
    while more and height < 14_000:
        height *= 1.5
        more, _ = story.place(pymupdf.Rect(margin, margin, width - margin, height - margin))
    document = pymupdf.open()
    sheet = document.new_page(width=width, height=height)
    sheet.insert_htmlbox(
        pymupdf.Rect(margin, margin, width - margin, height - margin), body, css="body {font-size: 10px}"
    )
    pixels = sheet.get_pixmap(dpi=dpi)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def _paragraph(element: Element) -> str:
    text = html.escape(element.text).replace("\n", "<br/>")
    if element.kind is Kind.HEADING:
        return f"<h3>{text}</h3>"
    caption = f"<p><i>{html.escape(element.caption)}</i></p>" if element.caption else ""
    return f"{caption}<p>{text}</p>"
