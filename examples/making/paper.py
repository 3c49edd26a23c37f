"""A small typesetter over PyMuPDF: lines, justified paragraphs, tables and page furniture.

All fonts come with PyMuPDF and are embedded as subsets, so every viewer shows the same page.
Lengths are PDF points, the origin is the top left corner, ``y`` of a line is its baseline.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pymupdf

Colour = tuple[float, float, float]
Span = tuple[str, str]

WIDTH, HEIGHT = 595.0, 842.0
CLOSING = "，。、；：？！）》」』”’%°"
OPENING = "（《「『“‘"
TOKEN = re.compile(
    r"\s+|[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”‘’]|[^\s\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+"
)


def colour(code: str) -> Colour:
    """``#rrggbb`` as three shares of one."""
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return red, green, blue


INK, GREY, TEAL, SEA = colour("#1f2a30"), colour("#66727a"), colour("#0b4f5c"), colour("#2a8fa0")
PALE, CORAL, SAND, WHITE = colour("#eaf3f4"), colour("#d2572f"), colour("#f3e7cf"), colour("#ffffff")
LINE = colour("#c9d4d8")


@dataclass(frozen=True)
class Style:
    """How a run of text looks; ``leading`` is a multiple of ``size``."""

    font: str = "tiro"
    bold: str = "tibo"
    size: float = 9.8
    leading: float = 1.36
    ink: Colour = INK
    justify: bool = False


BODY = Style(justify=True)
SANS = Style("helv", "hebo", 8.6)
CAPTION = Style("helv", "hebo", 8.2, 1.32, GREY)
HEADING = Style("hebo", "hebo", 13, 1.3, TEAL)
SUBHEAD = Style("hebo", "hebo", 10.4, 1.3, SEA)


@cache
def font(name: str) -> pymupdf.Font:
    """One of PyMuPDF's own fonts; characters it lacks are taken from its Chinese font."""
    return pymupdf.Font(name)


def width_of(text: str, name: str, size: float) -> float:
    """Width of one line in points."""
    return float(font(name).text_length(text, fontsize=size))


class Sheet:
    """One page. Shapes are drawn at once; text is collected and set on top of them by `close`."""

    def __init__(self, page: pymupdf.Page) -> None:
        self.page = page
        self._writers: dict[tuple[Colour, int], pymupdf.TextWriter] = {}

    def _writer(self, ink: Colour, mode: int) -> pymupdf.TextWriter:
        key = (ink, mode)
        if key not in self._writers:
            self._writers[key] = pymupdf.TextWriter(self.page.rect)
        return self._writers[key]

    def _put(self, x: float, y: float, text: str, name: str, size: float, ink: Colour) -> None:
        chinese = name.endswith("bo") and any(c > "\u2e80" for c in text)
        self._writer(ink, 2 if chinese else 0).append((x, y), text, font=font(name), fontsize=size)

    def text(
        self, x: float, y: float, text: str, style: Style = SANS, align: str = "left", bold: bool = False
    ) -> None:
        """One line at baseline ``y``; ``x`` is its left end, right end or middle."""
        name = style.bold if bold else style.font
        width = width_of(text, name, style.size)
        shift = {"left": 0.0, "right": width, "centre": width / 2}[align]
        self._put(x - shift, y, text, name, style.size, style.ink)

    def upright(self, x: float, y: float, text: str, style: Style = SANS) -> None:
        """One line that reads upwards, its middle at ``(x, y)``: the title of a vertical axis."""
        writer = pymupdf.TextWriter(self.page.rect)
        width = width_of(text, style.font, style.size)
        writer.append((x - width / 2, y), text, font=font(style.font), fontsize=style.size)
        writer.write_text(self.page, color=style.ink, morph=(pymupdf.Point(x, y), pymupdf.Matrix(90)))

    def paragraph(self, x: float, y: float, width: float, text: str, style: Style = BODY) -> float:
        """Sets ``text`` (``**bold**`` inside) from the top ``y`` down; returns the bottom."""
        lines = break_lines(text, width, style)
        for number, line in enumerate(lines):
            y += style.size * style.leading
            last = number == len(lines) - 1
            self._line(
                x, y - style.size * (style.leading - 1), line, width, style, style.justify and not last
            )
        return y

    def _line(self, x: float, y: float, line: list[Span], width: float, style: Style, stretch: bool) -> None:
        natural = sum(width_of(word, name, style.size) for word, name in line)
        chinese = any(c > "\u2e80" for word, _ in line for c in word)
        gaps = [i for i, (word, _) in enumerate(line) if (i and chinese) or word.isspace()]
        extra = (width - natural) / len(gaps) if stretch and gaps else 0.0
        if not stretch:
            line = _joined(line)
        for i, (word, name) in enumerate(line):
            x += extra if i in gaps else 0.0
            if not word.isspace():
                self._put(x, y, word, name, style.size, style.ink)
            x += width_of(word, name, style.size)

    def box(
        self, rect: Sequence[float], fill: Colour | None = None, edge: Colour | None = None, **more: object
    ) -> None:
        """A rectangle; ``more`` goes to PyMuPDF (``width``, ``radius``, ``dashes``)."""
        self.page.draw_rect(pymupdf.Rect(rect), color=edge, fill=fill, **more)

    def line(
        self, *points: tuple[float, float], ink: Colour = LINE, width: float = 0.7, dashes: str | None = None
    ) -> None:
        """A polyline."""
        self.page.draw_polyline([pymupdf.Point(p) for p in points], color=ink, width=width, dashes=dashes)

    def polygon(
        self, *points: tuple[float, float], fill: Colour, edge: Colour | None = None, width: float = 0.7
    ) -> None:
        """A closed, filled polygon."""
        self.page.draw_polyline(
            [pymupdf.Point(p) for p in points], color=edge, fill=fill, closePath=True, width=width
        )

    def disc(
        self,
        x: float,
        y: float,
        radius: float,
        fill: Colour | None,
        edge: Colour | None = None,
        width: float = 0.7,
    ) -> None:
        """A circle."""
        self.page.draw_circle((x, y), radius, color=edge, fill=fill, width=width)

    def arrow(
        self, start: tuple[float, float], end: tuple[float, float], ink: Colour = INK, width: float = 0.9
    ) -> None:
        """A line with a filled head at ``end``."""
        self.line(start, end, ink=ink, width=width)
        a, b = pymupdf.Point(start), pymupdf.Point(end)
        along = (b - a).unit
        across = pymupdf.Point(-along.y, along.x)
        back = b - along * 6
        self.polygon(tuple(b), tuple(back + across * 2.4), tuple(back - across * 2.4), fill=ink)

    def picture(self, rect: Sequence[float], data: bytes) -> None:
        """An encoded PNG or JPEG, as it is."""
        self.page.insert_image(pymupdf.Rect(rect), stream=data)

    def table(
        self,
        x: float,
        y: float,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        style: Style = SANS,
        bold_last: bool = False,
        tint: Colour = TEAL,
        prose: bool = False,
    ) -> float:
        """A ruled table with a coloured head; columns after the first are flush right unless ``prose``."""
        height = style.size * 1.75
        total = sum(widths)
        self.box((x, y, x + total, y + height), fill=tint)
        for number, row in enumerate(rows):
            top = y + number * height
            if number and number % 2 == 0:
                self.box((x, top, x + total, top + height), fill=PALE)
            left = x
            look = replace(style, ink=WHITE) if number == 0 else style
            heavy = number == 0 or (bold_last and number == len(rows) - 1)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
                at, align = (left + 6, "left") if prose or column == 0 else (left + width - 6, "right")
                self.text(at, top + height * 0.68, cell, look, align, heavy)
                left += width
        bottom = y + len(rows) * height
        self.line((x, bottom), (x + total, bottom), ink=tint, width=1)
        return bottom

    def close(self) -> None:
        """Sets the collected text."""
        for (ink, mode), writer in self._writers.items():
            writer.write_text(self.page, color=ink, render_mode=mode)


def break_lines(text: str, width: float, style: Style) -> list[list[Span]]:
    """Greedy lines no wider than ``width``; Chinese breaks anywhere but before closing punctuation."""
    lines: list[list[Span]] = [[]]
    used = 0.0
    for word, name in _tokens(text, style):
        size = width_of(word, name, style.size)
        if used + size > width and lines[-1] and not word.isspace():
            while lines[-1] and lines[-1][-1][0].isspace():
                lines[-1].pop()
            lines.append([])
            used = 0.0
        if word.isspace() and not lines[-1]:
            continue
        lines[-1].append((word, name))
        used += size
    return lines


def _tokens(text: str, style: Style) -> list[Span]:
    tokens: list[Span] = []
    for number, part in enumerate(text.split("**")):
        name = style.bold if number % 2 else style.font
        for word in TOKEN.findall(part):
            glued = tokens and (word in CLOSING or tokens[-1][0][-1] in OPENING)
            if glued and not word.isspace() and tokens[-1][1] == name:
                tokens[-1] = (tokens[-1][0] + word, name)
            else:
                tokens.append((" " if word.isspace() else word, name))
    return tokens


def _joined(line: list[Span]) -> list[Span]:
    """Runs of one font in one piece, which is how a word processor writes a ragged line."""
    joined: list[Span] = []
    for word, name in line:
        if joined and joined[-1][1] == name:
            joined[-1] = (joined[-1][0] + word, name)
        else:
            joined.append((word, name))
    return joined


def save(
    document: pymupdf.Document, path: Path, title: str, author: str, contents: Sequence[tuple[str, int]]
) -> None:
    """Writes a PDF whose bytes depend on nothing but what was drawn."""
    stamp = "D:20260112090000Z"
    document.set_metadata({"title": title, "author": author, "creationDate": stamp, "modDate": stamp})
    document.set_toc([[1, name, page] for name, page in contents])
    document.subset_fonts()
    document.save(path, garbage=4, deflate=True, no_new_id=True)
    document.close()
