"""One page to lines, picture boxes and drawing boxes, in one pass over its content."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import lru_cache
from typing import Any

import orjson
import pymupdf

from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.paint import find_suspects, read_paint
from mmrag.ingest.pdf.values import Box, Line, RawPage

_SCALE = 100.0
_FLAGS = (
    pymupdf.TEXT_PRESERVE_LIGATURES
    | pymupdf.TEXT_PRESERVE_WHITESPACE
    | pymupdf.TEXT_CLIP
    | pymupdf.TEXT_PRESERVE_IMAGES
    | pymupdf.TEXT_COLLECT_VECTORS
)
_BOLD = re.compile(r"Bold|Black|Heavy|Demi|-Medi|SemiB|CMBX|CMB\d|SFBX|Hei(?!ght)", re.IGNORECASE)
_WHITE = "#ffffff"
_VECTOR = re.compile(r"color: (#\w+), alpha: (\d+)")
_IMAGE, _DRAWING = 1, 3
_FEW_RULES = 3
_ABSURD = 5.0
_FEW_LINES = 6
_HUGE = 4_000_000


def read_raw(view: PageView, number: int, *, graphics: bool = True) -> RawPage:
    """The lines, bitmaps and visible paths of a page; no picture is decoded.

    Args:
        view: of the page.
        number: 1-based.
        graphics: whether to look for bitmaps and paths on pages that have text.
    """
    page = view.page
    size = page.rect
    raw = RawPage(number, size.width, size.height, rotation=view.rotation)
    textpage = page.get_textpage(flags=_FLAGS)
    paths = other = pictures = 0
    lines = raw.lines
    blocks = _structure(textpage)
    place = 0
    places = []
    for block in blocks:
        kind = block["type"]
        if kind == "text":
            for line in block["lines"]:
                if line["text"].strip():
                    lines.append(_line(line))
                    places.append(place)
                place += 1
        elif kind == "vector" and block.get("rectangle"):
            paths += 1
        else:
            other += 1
            pictures += kind == "image"
    # Up to three straight strokes are the rules of header and footer; their boxes are not worth the time.
    if (other or paths > _FEW_RULES) and (graphics or len(lines) < _FEW_LINES):
        _read_graphics(textpage, raw)
    raw.pictures = pictures > 0
    raw.textpage = textpage
    if lines:
        raw.suspects = find_suspects(lines, places, read_paint(textpage, blocks))
    return raw


def _structure(textpage: Any) -> list[dict[str, Any]]:
    """Blocks of lines with font, size and baseline, written by MuPDF itself: far faster than "dict"."""
    mupdf = pymupdf.mupdf
    buffer = mupdf.fz_new_buffer(16384)
    out = mupdf.FzOutput(buffer)
    mupdf.fz_print_stext_page_as_json(out, textpage.this, _SCALE)
    out.fz_close_output()
    said = buffer.fz_buffer_extract()
    blocks: list[dict[str, Any]] = _parsed(said)["blocks"]
    return blocks


def _parsed(said: bytes) -> Any:
    if len(said) < _HUGE:
        # It refuses control characters, which are text here, and broken UTF-8.
        with suppress(orjson.JSONDecodeError):
            return orjson.loads(said)
    # Where memory runs out, this one can say so.
    return json.loads(said, strict=False)


def _line(line: dict[str, Any]) -> Line:
    box, font, text = line["bbox"], line["font"], line["text"]
    name = font["name"]
    x0, y0 = box["x"] / _SCALE, box["y"] / _SCALE
    width, height = box["w"] / _SCALE, box["h"] / _SCALE
    size = font["size"] / _SCALE
    if not text.isprintable():
        text = readable(text)
    base = line["y"] / _SCALE
    if size < 2 and height > _ABSURD * size:
        # A Type 3 font whose matrix and bounding box do not fit each other: go by the letters' widths,
        # and leave out its name, since nothing can be learnt from them any more.
        name = ""
        size = min(max(2 * width / len(text), 4.0), 40.0)
        y0, height = base - 0.8 * size, size
    return Line(
        x0,
        y0,
        x0 + width,
        y0 + height,
        base,
        text,
        size,
        name,
        font["weight"] == "bold" or bold_name(name),
        font["style"] == "italic",
        height < 2 * size or height < 1.5 * width or len(text) < 3,
    )


@lru_cache(maxsize=512)
def bold_name(name: str) -> bool:
    """Whether a font's name says that it is bold."""
    return _BOLD.search(name) is not None


def _read_graphics(textpage: Any, raw: RawPage) -> None:
    page: Box = (0.0, 0.0, raw.width, raw.height)
    for x0, y0, x1, y1, text, _, kind in textpage.extractBLOCKS():
        if kind not in (_IMAGE, _DRAWING):
            continue
        box = (max(x0, page[0]), max(y0, page[1]), min(x1, page[2]), min(y1, page[3]))
        if box[2] < box[0] or box[3] < box[1]:
            continue
        if kind == _IMAGE:
            raw.images.append(box)
        elif _visible(text):
            raw.drawings.append(box)
            if "is-rect: true" in text:
                raw.rectangles.append(box)


@lru_cache(maxsize=1024)
def _visible(description: str) -> bool:
    found = _VECTOR.search(description)
    return found is None or (found[1] != _WHITE and int(found[2]) > 0)
