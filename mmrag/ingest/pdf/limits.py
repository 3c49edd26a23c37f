"""What is too large to be drawn, found out before anything is decoded."""

from __future__ import annotations

from typing import Any

from mmrag.config import IngestOptions
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.values import RawPage


def check_graphics(document: Any, view: PageView, raw: RawPage, options: IngestOptions) -> None:
    """Mark a page whose graphics must be left alone, with the reason as its error.

    Args:
        document: of PyMuPDF.
        view: of the page.
        raw: its raw page; changed in place.
        options: for the limits.
    """
    reason = oversize(raw, options)
    if not reason and raw.images:
        sizes = [(info["width"], info["height"]) for info in view.page.get_image_info()]
        sizes += [(item[2], item[3]) for item in document.get_page_images(raw.number - 1, full=True)]
        largest = max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))
        reason = picture_oversize(raw, largest, options)
    if reason:
        raw.error = reason
        raw.text_only = True
        raw.images = []
        raw.drawings = []


def oversize(raw: RawPage, options: IngestOptions) -> str:
    """Why the page is too large to be drawn; empty if it is not."""
    longest = max(raw.width, raw.height)
    if longest <= options.max_page_points and raw.width * raw.height <= options.max_pixels:
        return ""
    return (
        f"page {raw.number} measures {raw.width:.0f} × {raw.height:.0f} points, over the limit of "
        f"{options.max_page_points:.0f}: text was read, graphics were left out (ingest.max_page_points)"
    )


def picture_oversize(raw: RawPage, largest: tuple[int, int], options: IngestOptions) -> str:
    """Why the page's largest bitmap, in pixels by its header, must not be decoded; empty if it may be."""
    width, height = largest
    if width * height <= options.max_pixels:
        return ""
    return (
        f"page {raw.number} holds a picture of {width} × {height} pixels, over the limit of "
        f"{options.max_pixels / 1e6:.0f} million: text was read, graphics were left out "
        "(ingest.max_pixels)"
    )
