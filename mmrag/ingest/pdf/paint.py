"""How lines are painted, and which of them may therefore not be seen; decided from what is read anyway."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from typing import Any

import pymupdf

from mmrag.ingest.pdf.values import Line

TINY = 2.0
_FAINT = 64
_LIGHT = 0xC0
_ALIKE = 24
_NARROW = 0.3
_NARROW_LETTER = 0.5
_MIN_COVER = 4.0
_MANY_SHAPES = 100
_WHITE = -1

_Colour = tuple[int, int, int]


@dataclass(slots=True)
class Paint:
    """How the lines of a page are painted, in the order in which they are.

    Attributes:
        ends: of each line, the colours of its first and last letter as ``0xAARRGGBB``, and the last's size.
        covers: what is painted over earlier text or could have its colour: the number of lines before it,
            its structure in MuPDF, and its colour, ``None`` of a picture.
    """

    ends: list[tuple[int, int, float]]
    covers: list[tuple[int, Any, int | None]]


@dataclass(slots=True)
class Suspect:
    """A line that may not be seen.

    Attributes:
        place: among the lines of the page in MuPDF's order.
        colour: of its first letter, as ``0xAARRGGBB``.
        mixed: whether its letters may differ in whether they are seen.
        covered: whether something is painted over it, or under it in its own colour.
    """

    line: Line
    place: int
    colour: int
    mixed: bool
    covered: bool


def read_paint(textpage: Any, blocks: list[dict[str, Any]]) -> Paint:
    """How the lines of ``blocks``, which are those of ``textpage`` as MuPDF prints them, are painted."""
    mupdf = pymupdf.mupdf
    line, char = mupdf.fz_stext_line, mupdf.fz_stext_char
    # Called for every line of every page: the getters themselves are faster than the properties, and
    # unpacking what they are given, the pointer in ``this``, takes most of their time.
    first_of, last_of, after = line.first_char.fget, line.last_char.fget, line.next.fget
    colour_of, size_of = char.argb.fget, char.size.fget
    block_after = mupdf.fz_stext_block.next.fget
    text_block, put = mupdf.FzStextBlock(), mupdf.FzStextBlock.m_internal.fset
    lines_from = mupdf.FzStextBlockIterator.m_internal.fget
    ends: list[tuple[int, int, float]] = []
    covers: list[tuple[int, Any, int | None]] = []
    shapes: list[tuple[int, Any, int | None]] = []
    block = textpage.this.m_internal.first_block
    for said in blocks:
        kind = said["type"]
        if kind == "text":
            put(text_block.this, block.this)
            node = lines_from(text_block.begin().this)
            while node:
                last = last_of(node.this).this
                ends.append((colour_of(first_of(node.this).this), colour_of(last), size_of(last)))
                node = after(node.this)
        elif kind == "vector":
            if not said["stroked"] and said["argb"] & 0xFF000000:
                kept = covers if said["rectangle"] else shapes
                kept.append((len(ends), block, said["argb"]))
        elif kind == "image":
            covers.append((len(ends), block, None))
        block = block_after(block.this)
    if len(shapes) > _MANY_SHAPES:
        # A drawing; what is white in it could hide text unseen, unless there is a lot of it.
        shapes = [shape for shape in shapes if shape[2] == _WHITE][:_MANY_SHAPES]
    return Paint(ends, covers + shapes)


def find_suspects(lines: list[Line], places: list[int], paint: Paint) -> list[Suspect]:
    """The lines that may not be seen, by how they are painted.

    Args:
        lines: of the page.
        places: where each of them stands in ``paint``.
        paint: of the page.
    """
    ends = paint.ends
    odd = {end for end in set(ends) if is_odd(end[0]) or is_odd(end[1])}
    covered = _covered(lines, places, paint) if paint.covers else set()
    found = []
    for line, place in zip(lines, places, strict=True):
        tiny = _is_tiny(line, ends[place][2])
        if tiny or (odd and ends[place] in odd) or (covered and place in covered):
            first, last, _ = ends[place]
            mixed = first != last or (tiny and line.size >= TINY)
            found.append(Suspect(line, place, first, mixed, place in covered))
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


def _covered(lines: list[Line], places: list[int], paint: Paint) -> set[int]:
    """Places of lines over whose middle something is painted, or under it in their own colour."""
    colours = {end[0]: _rgb(end[0]) for end in set(paint.ends)}
    middles = sorted(
        ((line.y0 + line.y1) / 2, (line.x0 + line.x1) / 2, place)
        for line, place in zip(lines, places, strict=True)
    )
    heights = [middle[0] for middle in middles]
    found = set()
    for before, node, argb in paint.covers:
        colour = None if argb is None else _rgb(argb)
        if not before and not (colour and any(_alike(colour, text) for text in colours.values())):
            continue
        rect = node.bbox
        y0, y1 = rect.y0, rect.y1
        if y1 - y0 < _MIN_COVER:
            continue
        x0, x1 = rect.x0, rect.x1
        if x1 - x0 < _MIN_COVER:
            continue
        for _, x, place in middles[bisect_left(heights, y0) : bisect_right(heights, y1)]:
            if x0 <= x <= x1 and (
                place < before or (colour and _alike(colour, colours[paint.ends[place][0]]))
            ):
                found.add(place)
    return found


def _alike(first: _Colour, second: _Colour) -> bool:
    return max(abs(a - b) for a, b in zip(first, second, strict=True)) <= _ALIKE


def is_faint(argb: int) -> bool:
    """Whether letters are transparent, or painted with no ink at all."""
    return argb >> 24 & 255 < _FAINT
