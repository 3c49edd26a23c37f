"""What the stages of PDF reading hand to each other. Lengths are PDF points, origin top left, y down."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

Box = tuple[float, float, float, float]
"""``(x0, y0, x1, y1)`` on the page as shown, in points."""


@dataclass(slots=True)
class Line:
    """A run of text on one baseline, without wide gaps.

    Attributes:
        base: y of the baseline.
        size: font size of the first character.
        upright: false for text that runs up or down the page.
        ocr: whether it was read from pixels.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    text: str
    size: float
    font: str
    bold: bool = False
    italic: bool = False
    upright: bool = True
    ocr: bool = False

    @property
    def box(self) -> Box:
        """Its box."""
        return (self.x0, self.y0, self.x1, self.y1)


@dataclass(frozen=True, slots=True)
class Hidden:
    """Text of the page's text layer that a reader can't see, and where it stands."""

    box: Box
    text: str


@dataclass(slots=True)
class RawPage:
    """A page as MuPDF sees it, before anything is understood.

    Attributes:
        number: 1-based.
        width, height: as shown, after rotation and cropping.
        lines: in the order of the content stream.
        images: boxes of bitmaps.
        drawings: boxes of vector paths that can be seen.
        rectangles: those of ``drawings`` that are plain rectangles or straight strokes.
        rotation: that the page is shown with; already applied to all boxes.
        error: why graphics or text are missing; empty if nothing is.
        text_only: whether graphics and OCR must be left alone.
        pictures: whether it holds bitmaps, even where their boxes were not read.
        textpage: of MuPDF, from which all this was read.
        suspects: lines that may not be seen, until they were looked at; they point into ``textpage``.
        hidden: text that can't be seen and is no longer in ``lines``.
    """

    number: int
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    images: list[Box] = field(default_factory=list)
    drawings: list[Box] = field(default_factory=list)
    rectangles: list[Box] = field(default_factory=list)
    rotation: int = 0
    error: str = ""
    text_only: bool = False
    pictures: bool = False
    textpage: Any = None
    suspects: list[Any] = field(default_factory=list)
    hidden: list[Hidden] = field(default_factory=list)


class Role(StrEnum):
    """What a block is, finer than an element's kind."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST = "list"
    LISTING = "listing"
    CAPTION = "caption"
    TABLE = "table"
    FIGURE = "figure"
    FORMULA = "formula"
    FURNITURE = "furniture"


@dataclass(slots=True)
class Region:
    """A box of the layout model with its class and, for a table, its inner column and row borders."""

    name: str
    box: Box
    columns: list[float] = field(default_factory=list)
    rows: list[float] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)


@dataclass(slots=True)
class Word:
    """A word with its box in points."""

    x0: float
    y0: float
    x1: float
    y1: float
    text: str

    @property
    def middle(self) -> float:
        """Of its height."""
        return (self.y0 + self.y1) / 2


class TextView(Protocol):
    """A page whose text can be looked up by place, whatever library reads it."""

    def words_in(self, box: Box) -> list[Word]:
        """The words whose middle lies in ``box`` or within two points of it."""
        ...

    def spans_in(self, box: Box) -> list[dict[str, Any]]:
        """Spans of one font each whose middle lies in ``box``, as PyMuPDF's ``dict`` gives them."""
        ...


@dataclass(slots=True)
class Row:
    """Lines that share a baseline, from left to right.

    Attributes:
        mono: whether nearly all of it is set in a fixed-width font.
        text: of its lines; pieces that touch are joined without a space.
    """

    lines: list[Line]
    x0: float
    y0: float
    x1: float
    y1: float
    base: float
    size: float
    bold: bool
    mono: bool
    text: str


@dataclass(slots=True)
class Block:
    """One element to be.

    Attributes:
        text: as it will be shown; not yet normalised.
        caption: printed caption that was linked to it.
        level: of a heading, from 1; 0 where unknown.
    """

    role: Role
    box: Box
    rows: list[Row] = field(default_factory=list)
    text: str = ""
    caption: str = ""
    level: int = 0
    ocr: bool = False
    extra: dict[str, Any] = field(default_factory=dict)
