"""Boxes as datasets give them: four numbers, which may be of another unit, or reach over the page's edge."""

from __future__ import annotations

import math
from typing import Any

from mmrag.benchmark.datasets.corpus import Corpus
from mmrag.benchmark.datasets.reading import Line, shown
from mmrag.types import BBox

CUT = "reaches over the edge of the page and is cut off there"
"""The fault of a box of which something is left."""

_NO_BOX = "is not four numbers, x0, y0, x1, y1"
_OFF = "lies off the page: boxes are x0, y0, x1, y1 from its top left corner"
_SLACK = 0.005  # share of the page by which rounded corners may stand out of it
_MOST_SHARES = 2.0  # what is larger is no share of a page that was measured a little too large

_Size = tuple[float, float]


def read_box(corpus: Corpus, row: Line, file: str, page: int, corners: Any, unit: str) -> BBox | None:
    """A box of a dataset; ``None``, and noted as wrong, where it can't be one.

    Args:
        corpus: of the dataset.
        row: where it stands. What reaches over an edge of the page is cut off, and noted as doubtful.
        file: relative path. page: 1-based.
        corners: should be four numbers, x0, y0, x1, y1, origin at the top left.
        unit: ``bbox`` for PDF points (pixels of a picture), ``fractions`` for page fractions.
    """
    size = (1.0, 1.0) if unit == "fractions" else corpus.size(file, page)
    if size is None:
        row.wrong(
            f"the size of page {page} of {file} can't be read; give the box as page fractions "
            'under the key "fractions"'
        )
        return None
    fault = fault_of_box(corners, size)
    slip = "" if fault == _NO_BOX else _slip(corners, unit, size)
    if slip or fault not in ("", CUT):
        row.wrong(slip or f"the box {shown(corners)}{_on(file, page, unit, size)} {fault}")
        return None
    if fault:
        row.doubtful(f"the box {corners}{_on(file, page, unit, size)} {fault}")
    x0, y0, x1, y1 = corners
    if x0 > x1 or y0 > y1:
        row.doubtful(
            f"the corners {corners} are put in order; if they are x, y, width and height, give "
            "x, y, x + width, y + height"
        )
    return BBox.from_points(x0, y0, x1, y1, *size)


def fault_of_box(corners: Any, size: _Size) -> str:
    """What is wrong with four corners on a page of this size, in the same unit; empty where nothing is."""
    if not isinstance(corners, list | tuple) or len(corners) != 4 or not all(map(_is_number, corners)):
        return _NO_BOX
    across = [corner / size[0] for corner in corners[::2]]
    down = [corner / size[1] for corner in corners[1::2]]
    if any(max(edges) < -_SLACK or min(edges) > 1 + _SLACK for edges in (across, down)):
        return _OFF
    if min(*across, *down) < -_SLACK or max(*across, *down) > 1 + _SLACK:
        return CUT
    return ""


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _slip(corners: Any, unit: str, size: _Size) -> str:
    """What shows that the numbers are of the other unit; empty where nothing does."""
    if unit == "fractions" and max(corners) > _MOST_SHARES:
        return (
            f'"fractions" are shares of the page from 0 to 1, found {corners}: if these are PDF points '
            '(pixels of a picture), call them "bbox"'
        )
    if unit == "bbox" and 0 <= min(corners) <= max(corners) <= 1 < min(size) and max(corners) > 0:
        return (
            f'"bbox" is in PDF points (pixels of a picture), found {corners}: if these are shares of '
            'the page, call them "fractions"'
        )
    return ""


def _on(file: str, page: int, unit: str, size: _Size) -> str:
    sized = "" if unit == "fractions" else f", which is {size[0]:g} × {size[1]:g},"
    return f" on page {page} of {file}{sized}"
