"""How lines are painted, and which of them may therefore not be seen; decided from what is read anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pymupdf

from mmrag.ingest.pdf.boxes import holds_middle
from mmrag.ingest.pdf.values import Box, Line

TINY = 2.0
_FAINT = 64
_LIGHT = 0xC0
_ALIKE = 24
_NARROW = 0.3
_NARROW_LETTER = 0.5
_MIN_COVER = 4.0

_Colour = tuple[int, int, int]


@dataclass(slots=True)
class Paint:
    """How the lines of a page are painted, in the order in which they are.

    Attributes:
        ends: of each line, the colours of its first and last letter as ``0xAARRGGBB``, and the last's size.
        nodes: MuPDF's structures of the lines.
        covers: what is painted over earlier text or could have its colour: the number of lines before it,
            its structure in MuPDF, and its colour, ``None`` of a picture.
    """

    ends: list[tuple[int, int, float]]
    nodes: list[Any]
    covers: list[tuple[int, Any, int | None]]


@dataclass(slots=True)
class Suspect:
    """A line that may not be seen, and its structure in MuPDF."""

    line: Line
    node: Any
    tiny: bool


def read_paint(textpage: Any, blocks: list[dict[str, Any]]) -> Paint:
    """How the lines of ``blocks``, which are those of ``textpage`` as MuPDF prints them, are painted."""
    make = pymupdf.mupdf.FzStextBlock
    ends: list[tuple[int, int, float]] = []
    nodes: list[Any] = []
    covers: list[tuple[int, Any, int | None]] = []
    block = textpage.this.m_internal.first_block
    for said in blocks:
        kind = said["type"]
        if kind == "text":
            line = make(block).begin().m_internal
            while line:
                nodes.append(line)
                last = line.last_char
                ends.append((line.first_char.argb, last.argb, last.size))
                line = line.next
        elif kind == "image":
            covers.append((len(nodes), block, None))
        elif kind == "vector" and not said["stroked"] and said["argb"] & 0xFF000000:
            covers.append((len(nodes), block, said["argb"]))
        block = block.next
    return Paint(ends, nodes, covers)


def find_suspects(lines: list[Line], places: list[int], paint: Paint) -> list[Suspect]:
    """The lines that may not be seen, by how they are painted.

    Args:
        lines: of the page.
        places: where each of them stands in ``paint``.
        paint: of the page.
    """
    odd = {end for end in set(paint.ends) if is_odd(end[0]) or is_odd(end[1])}
    covers = _boxes(paint)
    found = []
    for line, place in zip(lines, places, strict=True):
        tiny = _is_tiny(line, paint.ends[place][2])
        if (
            tiny
            or (odd and paint.ends[place] in odd)
            or (covers and _is_covered(line, place, paint.ends[place][0], covers))
        ):
            found.append(Suspect(line, paint.nodes[place], tiny))
    return found


def is_odd(argb: int) -> bool:
    """Whether letters of this colour may not be seen on white."""
    return is_faint(argb) or min(_rgb(argb)) >= _LIGHT


def _rgb(argb: int) -> _Colour:
    return (argb >> 16 & 255, argb >> 8 & 255, argb & 255)


def _is_tiny(line: Line, last: float) -> bool:
    """Whether it may be too small to be read: its first or last letter is, or letters stand too close."""
    if line.size < TINY or (last < TINY and line.font):
        return True
    letter = max(line.x1 - line.x0, line.y1 - line.y0) / len(line.text)
    return letter < _NARROW * line.size or letter < _NARROW_LETTER


def _boxes(paint: Paint) -> list[tuple[int, Box, _Colour | None]]:
    """What may cover text or have its colour: number of lines before it, box, and colour."""
    texts = [_rgb(argb) for argb in {end[0] for end in paint.ends}]
    found = []
    for before, node, argb in paint.covers:
        colour = None if argb is None else _rgb(argb)
        if not before and (colour is None or not any(_alike(colour, text) for text in texts)):
            continue
        rect = node.bbox
        box = (rect.x0, rect.y0, rect.x1, rect.y1)
        if box[2] - box[0] >= _MIN_COVER and box[3] - box[1] >= _MIN_COVER:
            found.append((before, box, colour))
    return found


def _alike(first: _Colour, second: _Colour) -> bool:
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) <= _ALIKE


def _is_covered(line: Line, place: int, argb: int, covers: list[tuple[int, Box, _Colour | None]]) -> bool:
    """Whether something is painted over the line's middle, or under it in its own colour."""
    box, own = line.box, _rgb(argb)
    return any(
        holds_middle(cover, box) and (place < before or (colour is not None and _alike(colour, own)))
        for before, cover, colour in covers
    )


def is_faint(argb: int) -> bool:
    """Whether letters are transparent, or painted with no ink at all."""
    return argb >> 24 & 255 < _FAINT
