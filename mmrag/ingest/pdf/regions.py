"""The layout model of PyMuPDF: what it sees on a page, as regions in reading order."""

from __future__ import annotations

import inspect
from functools import lru_cache
from typing import Any

import pymupdf

from mmrag.ingest.pdf.boxes import area, grow, holds_middle, inside
from mmrag.ingest.pdf.values import Box, Line, Region

PROSE = frozenset({"text", "title", "section-header", "list-item", "caption", "footnote"})
MARGINS = frozenset({"page-header", "page-footer"})


def analyse(page: Any) -> list[Region]:
    """Regions of ``page`` in reading order; empty where it has no text.

    Args:
        page: of PyMuPDF, not rotated.
    """
    groups = pymupdf._get_layout(page, return_raw=True)
    return [_region(group) for group in groups]


def _region(group: dict[str, Any]) -> Region:
    x0, y0, x1, y1 = (float(value) for value in group["group_bbox"][:4])
    region = Region(group["class_name"], (x0, y0, x1, y1))
    grid = group.get("table_grid")
    if grid is not None:
        region.columns = [x0 + float(value) for value in grid.v_lines]
        region.rows = [y0 + float(value) for value in grid.h_lines]
    return region


def pictures_in_pixels(page: Any) -> list[Box]:
    """Boxes that the layout model takes for pictures from the pixels alone; for scans.

    Call right after `analyse` or on its own; needs no text on the page.
    """
    extractor = _extractor()
    if extractor is None:
        return []
    import numpy as np

    pixmap = page.get_pixmap()
    pixels = np.frombuffer(pixmap.samples, dtype=np.uint8).reshape(pixmap.height, pixmap.width, pixmap.n)
    extractor.predict(pixels)
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in extractor.get_picture_detections()]


@lru_cache(maxsize=1)
def _extractor() -> Any:
    """The model's half that reads pixels. PyMuPDF has no public way to it, so its absence is allowed for."""
    found = inspect.getclosurevars(pymupdf._get_layout).nonlocals.get("MODEL")
    return getattr(getattr(found, "_model", None), "feature_extractor", None)


def assign(lines: list[Line], regions: list[Region]) -> list[Line]:
    """Give each line to the smallest region that holds its middle; returns those that none holds."""
    loose: list[Line] = []
    by_size = sorted(regions, key=lambda region: area(region.box))
    for line in lines:
        box = line.box
        home = next((region for region in by_size if holds_middle(region.box, box)), None)
        if home is None:
            home = next((region for region in by_size if inside(box, grow(region.box, 2.0)) > 0.5), None)
        if home is None:
            loose.append(line)
        else:
            home.lines.append(line)
    return loose
