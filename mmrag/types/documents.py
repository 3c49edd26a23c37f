"""What a document consists of: its pages, their elements and pictures, and how these are cut for encoders."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mmrag.types.boxes import BBox

Metadata = Mapping[str, str | int | float | bool]


class Kind(StrEnum):
    """What an element is on its page."""

    TEXT = "text"
    HEADING = "heading"
    TABLE = "table"
    FIGURE = "figure"
    FORMULA = "formula"
    PAGE = "page"


@dataclass(frozen=True, slots=True)
class Document:
    """One file of the indexed folder.

    Attributes:
        id: sha256 of the file's bytes, 64 hex digits.
        path: path relative to the indexed root, with forward slashes.
        media_type: MIME type found from the content, e.g. ``application/pdf``.
        title: the document's own title; empty if it has none.
        page_count: number of pages; of sections where ``paged`` is false.
        paged: whether the file itself has pages. Text, Markdown and HTML have none: their
            "pages" are consecutive sections, and a citation names the section, never a page.
        metadata: author, dates and the like, as the file says; what it does not say is absent.
    """

    id: str
    path: str
    media_type: str
    title: str = ""
    page_count: int = 0
    paged: bool = True
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Page:
    """One page (or, in a document without pages, one section).

    Attributes:
        document: id of its document.
        number: 1-based position in the file.
        width, height: in PDF points (1/72 inch) as shown, that is after rotation; for a picture, its
            pixels at 72 dpi; ``None`` where there is no page.
        rotation: 0, 90, 180 or 270 degrees, already applied to every box.
        label: what the document itself calls it ("xii", "§ Methods"); empty if it does not.
    """

    document: str
    number: int
    width: float | None = None
    height: float | None = None
    rotation: int = 0
    label: str = ""


@dataclass(frozen=True, slots=True)
class Asset:
    """A picture, addressed by its content.

    Attributes:
        id: sha256 of ``data``, 64 hex digits.
        media_type: ``image/png``, ``image/jpeg`` or ``image/webp``.
        width, height: in pixels.
        data: the encoded file.
    """

    id: str
    media_type: str
    width: int
    height: int
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Element:
    """A piece of a page: a paragraph or list, a heading, a table, a figure, a formula, a whole page.

    Attributes:
        id: stable for the same content at the same place of the same document (see `element_id`).
        document: id of its document.
        page: 1-based page number.
        kind: what it is.
        bbox: where on the page; ``None`` where that is unknown (documents without pages).
        text: what it says. Table: Markdown. Figure: the words inside it (text layer or OCR).
        caption: the printed caption ("Figure 3: …"); empty if there is none.
        section: headings above it, outermost first.
        order: reading order within the page, from 0.
        picture: id of the asset that shows it, if it has one.
        metadata: e.g. ``ocr: True`` where the text was read from pixels, ``level`` of a heading.
    """

    id: str
    document: str
    page: int
    kind: Kind
    bbox: BBox | None
    text: str
    caption: str = ""
    section: tuple[str, ...] = ()
    order: int = 0
    picture: str | None = None
    metadata: Metadata = field(default_factory=dict)


def element_id(
    document: str, page: int, kind: Kind, bbox: BBox | None, text: str, occurrence: int = 0
) -> str:
    """The id of an element: the same content at the same place of the same file has the same id.

    Boxes count to a thousandth of the page, so that a rerun with another version of a parser
    that moves a box by a hair keeps the id. ``occurrence`` tells apart elements that agree in
    everything else. Returns 32 hex digits.
    """
    place = "?" if bbox is None else f"{bbox.x0:.3f},{bbox.y0:.3f},{bbox.x1:.3f},{bbox.y1:.3f}"
    key = f"{document}\n{page}\n{kind}\n{place}\n{occurrence}\n{text}"
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text as it stands on a page.

    Attributes:
        text: its words, normalised as element text is, but not joined across line ends.
        bbox: where; ``None`` in documents without pages.
    """

    text: str
    bbox: BBox | None = None


@dataclass(frozen=True, slots=True)
class ParsedPage:
    """What an ingestor yields: one page with its elements in reading order and their pictures.

    Attributes:
        page, elements, assets: see there.
        error: says in one line why the page is empty or partial; ``None`` if it was read whole.
        lines: all lines of the page, column by column from top to bottom, words inside tables and figures
            included, page headers and footers left out; from the text layer, or from OCR where there is none.
        resume: what the ingestor wants to be given to read on behind this page as if it had never stopped;
            ``None`` behind most pages, where nothing is kept for that.
    """

    page: Page
    elements: tuple[Element, ...]
    assets: tuple[Asset, ...] = ()
    error: str | None = None
    lines: tuple[Line, ...] = ()
    resume: str | None = None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of an element as one encoder reads it: whole sentences within its token limit, or its picture.

    Attributes:
        element: id of its element.
        text: what is embedded, section path and caption included where they give context; where the picture
            is embedded, the words in it if the encoder wants to know them.
        snippet: the part of the element that the chunk covers, as a reader should see it.
        picture: id of the asset that is embedded instead of a text.
    """

    element: str
    text: str
    snippet: str
    picture: str | None = None
