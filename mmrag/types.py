"""The values that every stage speaks. All are frozen, slotted and free of behaviour that needs a library.

Boxes are page fractions: 0..1, origin at the top left corner, x to the right, y down.
Page numbers are 1-based. Scores are higher for better.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

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
class BBox:
    """A box in page fractions: ``0 <= x0 <= x1 <= 1`` and ``0 <= y0 <= y1 <= 1``.

    Raises:
        ValueError: if the corners are out of order or out of the page.
    """

    x0: float
    y0: float
    x1: float
    y1: float

    def __post_init__(self) -> None:
        if not (0 <= self.x0 <= self.x1 <= 1 and 0 <= self.y0 <= self.y1 <= 1):
            raise ValueError(f"not a box in page fractions: {self.as_tuple()}")

    @classmethod
    def from_points(cls, x0: float, y0: float, x1: float, y1: float, width: float, height: float) -> BBox:
        """The box with corners in any length unit on a page of ``width`` × ``height`` in that unit.

        Corners are put in order and clipped to the page.
        """
        left, right = sorted((x0 / width, x1 / width))
        top, bottom = sorted((y0 / height, y1 / height))
        return cls(*(min(1.0, max(0.0, value)) for value in (left, top, right, bottom)))

    def to_points(self, width: float, height: float) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)`` on a page of ``width`` × ``height``, in their unit."""
        return (self.x0 * width, self.y0 * height, self.x1 * width, self.y1 * height)

    def as_tuple(self) -> tuple[float, float, float, float]:
        """``(x0, y0, x1, y1)``, as fractions."""
        return (self.x0, self.y0, self.x1, self.y1)

    @property
    def area(self) -> float:
        """Share of the page that the box covers, 0..1."""
        return (self.x1 - self.x0) * (self.y1 - self.y0)

    def union(self, other: BBox) -> BBox:
        """The smallest box around both."""
        return BBox(
            min(self.x0, other.x0),
            min(self.y0, other.y0),
            max(self.x1, other.x1),
            max(self.y1, other.y1),
        )

    def overlap(self, other: BBox) -> float:
        """Area that both cover, as a share of the page."""
        width = min(self.x1, other.x1) - max(self.x0, other.x0)
        height = min(self.y1, other.y1) - max(self.y0, other.y0)
        return max(0.0, width) * max(0.0, height)

    def iou(self, other: BBox) -> float:
        """Intersection over union, 0..1; 0 for two boxes without area."""
        both = self.overlap(other)
        either = self.area + other.area - both
        return both / either if either > 0 else 0.0


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
    place = "?" if bbox is None else ",".join(f"{value:.3f}" for value in bbox.as_tuple())
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


@dataclass(frozen=True, slots=True)
class Filters:
    """Which elements a search may return. Empty means no restriction; all given ones must hold.

    Attributes:
        documents: ids, relative paths, or glob patterns over relative paths (``reports/*.pdf``).
        kinds: element kinds.
        pages: first and last page, 1-based, both included.
        metadata: document metadata that must be equal.
        labels: what a picture is, as strategy ``joint`` labels it (``chart``, ``photo``, …).
    """

    documents: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    pages: tuple[int, int] | None = None
    metadata: Metadata = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.kinds or self.pages or self.metadata or self.labels)


@dataclass(frozen=True, slots=True)
class Query:
    """A question: text, the path of a picture, or both."""

    text: str = ""
    picture: str | None = None
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Source:
    """One ranked list that brought a hit: its name, the page's 1-based rank there, and the raw score."""

    list: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that a search found, with the element that speaks for it best.

    Attributes:
        rank: 1-based.
        score: fused score; comparable within one search only.
        document, page: where it stands.
        element: the page's best element for this query.
        elements: the page's best elements, best first, ``element`` included.
        sources: the lists that brought the page, and at which rank.
        snippet: the part of the element that matched.
    """

    rank: int
    score: float
    document: Document
    page: Page
    element: Element
    elements: tuple[Element, ...] = ()
    sources: tuple[Source, ...] = ()
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Citation:
    """One [n] of an answer, resolved to a place.

    Attributes:
        number: the n in [n], from 1.
        quote: the words or table row that the answer rests on, as they stand in the document.
        document, page, element: where.
        bbox: the quote's own box where it is known, else the element's; page fractions.
    """

    number: int
    quote: str
    document: Document
    page: Page
    element: Element
    bbox: BBox | None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a model has been asked for: tokens read, tokens written, pictures sent to it."""

    tokens_in: int = 0
    tokens_out: int = 0
    pictures: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.tokens_in + other.tokens_in,
            self.tokens_out + other.tokens_out,
            self.pictures + other.pictures,
        )

    def __sub__(self, other: Usage) -> Usage:
        return Usage(
            self.tokens_in - other.tokens_in,
            self.tokens_out - other.tokens_out,
            self.pictures - other.pictures,
        )

    def cost(self, price_in: float, price_out: float) -> float:
        """Money for these tokens, in the unit of the prices, which are per million tokens."""
        return (self.tokens_in * price_in + self.tokens_out * price_out) / 1_000_000


class FlagKind(StrEnum):
    """What is wrong with a piece of an answer."""

    NO_SOURCE = "no such source"
    NUMBER = "number not found"
    QUOTE = "quote not found"
    UNSUPPORTED = "unsupported"
    UNCITED = "no citation"


@dataclass(frozen=True, slots=True)
class Flag:
    """A piece of an answer that its sources do not bear out.

    Attributes:
        kind: ``no such source``: a marker that stood for nothing, taken out of the text.
            ``number not found``, ``quote not found``: it does not stand in what the sentence cites.
            ``unsupported``: the sentence has little in common with what it cites.
            ``no citation``: the sentence cites nothing.
        text: the number, the quoted words, the sentence, or the marker.
        begin, end: where it stands in the text of the answer, as indices of a slice; both the place where it
            stood for a marker that was taken out.
    """

    kind: FlagKind
    text: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What a model was not shown, for want of room.

    Attributes:
        document: relative path. page: 1-based. element: its id.
        what: ``text``, ``picture``, or ``all`` of it.
        reason: in a few words.
    """

    document: str
    page: int
    element: str
    what: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for a question.

    Attributes:
        question: as asked.
        text: the answer, with [n] markers; says so plainly when nothing was found.
        citations: one for each [n], in order.
        hits: what was given to the generator, best first.
        refused: whether the evidence was too weak to answer.
        confidence: 0..1, how well the evidence covers the question by the generator's own measure.
        generator: spec of the generator.
        seconds: wall-clock seconds by stage: ``rewrite`` (of a follow-up question), ``retrieve``, ``judge``
            (whether the pages may answer at all), ``context``, ``generate``, ``check``.
        tokens: tokens by direction (``in``, ``out``), those of rewriting a follow-up question included; empty
            where no model was asked.
        pictures: how many a model was shown.
        cost: of the tokens, in the unit of the recipe's prices; 0 where it gives none.
        flags: what in the text could not be verified, in the order of their places.
        left_out: what a model was not shown, for want of room.
        stopped: why the answer ends early, in one line; empty for a whole one.
        asked: the question that was searched for, where a conversation made it stand alone; else empty.
    """

    question: str
    text: str
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    refused: bool
    confidence: float
    generator: str
    seconds: Mapping[str, float] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)
    pictures: int = 0
    cost: float = 0.0
    flags: tuple[Flag, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    stopped: str = ""
    asked: str = ""


class Status(StrEnum):
    """What became of a file in a run."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    PARTLY = "partly"
    REMOVED = "removed"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too large"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"

    @property
    def skipped(self) -> bool:
        """Whether the file's content is missing from the index, wholly or in part."""
        return self not in (Status.INDEXED, Status.UNCHANGED, Status.REMOVED)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: relative path, status, and the reason in one line."""

    path: str
    status: Status
    reason: str = ""
    pages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an index run stands.

    Attributes:
        stage: ``scan`` (hashing files), ``read`` (parsing and embedding), ``lay`` (a new view over what was
            parsed before), ``write`` (derived files).
        file: relative path of the file at hand; empty if none.
        files_done, files_total: files finished so far, of those that need work.
        pages_done, pages_total: pages finished so far, and known so far; the total grows as files are opened.
    """

    stage: str
    file: str
    files_done: int
    files_total: int
    pages_done: int
    pages_total: int


@dataclass(frozen=True, slots=True)
class Report:
    """The closing report of an index run.

    Attributes:
        files: one line a file, in the order of their paths.
        documents, pages, figures, tables: what the index holds after the run.
        chunks: embedded pieces in the index after the run.
        encoded: chunks, pictures and pages that this run embedded.
        seconds: wall-clock seconds of the run.
        views: the strategies whose views the index has.
        described: pictures that captioners described in this run; ``described_before`` were taken from what
            was said earlier, ``not_described`` failed.
        tokens: of captioners in this run, by direction (``in``, ``out``); empty where no model counts them.
        cost: of these tokens, in the unit of the recipe's prices; 0 where it gives none.
    """

    files: tuple[FileReport, ...]
    documents: int
    pages: int
    figures: int
    tables: int
    chunks: int
    encoded: int
    seconds: float
    views: tuple[str, ...] = ()
    described: int = 0
    described_before: int = 0
    not_described: int = 0
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0

    @property
    def skipped(self) -> tuple[FileReport, ...]:
        """The files that were not read, or only in part."""
        return tuple(file for file in self.files if file.status.skipped)


def to_dict(value: Any) -> Any:
    """``value`` as plain dicts, lists and scalars, for JSON; picture bytes are left out.

    Works on every type of this module, on containers of them, and leaves scalars alone.
    """
    if isinstance(value, StrEnum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {name: to_dict(getattr(value, name)) for name in value.__dataclass_fields__ if name != "data"}
    if isinstance(value, Mapping):
        return {key: to_dict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_dict(item) for item in value]
    return value
