"""What is answered, from where, how far that could be verified, and for how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from mmrag.types.boxes import BBox
from mmrag.types.documents import Document, Element, Page
from mmrag.types.searches import Hit


@dataclass(frozen=True, slots=True)
class Citation:
    """One [n] of an answer, resolved to a place.

    Attributes:
        number: the n in [n], from 1.
        quote: the words or table row that the answer rests on, as they stand in the document; empty where it
            has no words, or none of its pieces speaks for the sentence.
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
