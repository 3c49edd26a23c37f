"""A section of a document without pages, set as one, so that its evidence can be shown."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

from PIL import Image

from mmrag.text.tables import cells, is_rule
from mmrag.types import Element, Kind, Page

WIDTH, MARGIN = 420.0, 36.0
"""Of the sheet, in points: A5, as tall as its content needs."""

_TALLEST = 14_000.0
_MOST_PIXELS = 40_000_000
_ALONE = threading.Lock()
"""PyMuPDF is not made for several threads at once."""

_STYLE = """
body {font-family: sans-serif; font-size: 10px; line-height: 1.3}
table {border-collapse: collapse; margin: 4px 0}
td, th {border: 0.5px solid #999999; padding: 2px 5px}
th {background-color: #eeeeee}
.caption {font-style: italic}
.marked {border: 1.5px solid #d55e00; padding: 4px}
"""


def typeset(
    page: Page,
    elements: Sequence[Element],
    picture_of: Callable[[str], Path],
    marked: Collection[str],
    dpi: int,
) -> Image.Image:
    """The section as an RGB picture.

    Args:
        page: the section; its label stands alone where there are no elements.
        elements: in reading order.
        picture_of: the file of an element's picture, by its asset id.
        marked: ids of the elements to outline.
        dpi: pixels an inch; fewer where a long section would be over 40 million pixels.
    """
    with _ALONE:
        return _typeset(page, elements, picture_of, marked, dpi)


def _typeset(
    page: Page,
    elements: Sequence[Element],
    picture_of: Callable[[str], Path],
    marked: Collection[str],
    dpi: int,
) -> Image.Image:
    import pymupdf

    body = "".join(_block(element, element.id in marked) for element in elements)
    body = body or html.escape(page.label)
    archive = pymupdf.Archive()
    for name in {element.picture for element in elements if element.picture}:
        archive.add(picture_of(name).read_bytes(), name)
    story = pymupdf.Story(html=body, user_css=_STYLE, archive=archive)
    _, filled = story.place(pymupdf.Rect(MARGIN, MARGIN, WIDTH - MARGIN, _TALLEST))
    # A little more than was measured: text that fits exactly would be set smaller.
    bottom = min(_TALLEST, filled[3] + 4)
    with pymupdf.open() as document:
        sheet = document.new_page(width=WIDTH, height=bottom + MARGIN)
        space = pymupdf.Rect(MARGIN, MARGIN, WIDTH - MARGIN, bottom)
        sheet.insert_htmlbox(space, body, css=_STYLE, archive=archive)
        most = 72 * (_MOST_PIXELS / (WIDTH * (bottom + MARGIN))) ** 0.5
        pixels = sheet.get_pixmap(dpi=int(min(dpi, most)))
        return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def _block(element: Element, marked: bool) -> str:
    parts = []
    if element.kind is Kind.HEADING:
        parts.append(f"<h3>{html.escape(element.text)}</h3>")
    elif element.kind is Kind.TABLE:
        parts.append(_table(element.text))
    elif element.picture:
        parts.append(f'<img src="{element.picture}" style="width: {WIDTH - 2 * MARGIN - 12}px"/>')
    else:
        parts.append(f"<p>{html.escape(element.text)}</p>".replace("\n", "<br/>"))
    if element.caption:
        parts.append(f'<p class="caption">{html.escape(element.caption)}</p>')
    inside = "".join(parts)
    return f'<div class="marked">{inside}</div>' if marked else inside


def _table(markdown: str) -> str:
    rows = [cells(line) for line in markdown.splitlines() if not is_rule(line)]
    tags = ["th"] + ["td"] * len(rows)
    lines = [
        "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row)
        for tag, row in zip(tags, rows, strict=False)
    ]
    return f"<table>{''.join(f'<tr>{line}</tr>' for line in lines)}</table>"
