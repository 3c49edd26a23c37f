"""Pieces of pages that may come into a prompt, each once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from mmrag.synthesize.context.shortening import Shortening
from mmrag.text.normalise import find_whole, letters_of, word_edges
from mmrag.types import Document, Element, Hit, Kind, Page

HEADINGS = 2
"""Headings that stand with a piece: of those above it, the last."""

_SHOWN = (Kind.FIGURE, Kind.TABLE, Kind.PAGE)


@dataclass(slots=True)
class Candidate:
    """An element that may come into the prompt.

    Attributes:
        hit: the page it stands on.
        element: see there.
        lead: lines that are never shortened: section and caption.
        body: what may be shortened: the element's text.
        also: other places of the same text.
    """

    hit: Hit
    element: Element
    lead: str
    body: Shortening
    also: list[tuple[Document, Page]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """All of it."""
        return joined(self.lead, self.body.text)

    @property
    def speaks(self) -> bool:
        """Whether it has words beside its section."""
        return bool(self.body.text or self.element.caption)

    @property
    def shows(self) -> bool:
        """Whether it may have a picture."""
        return self.element.kind in _SHOWN and (
            self.element.picture is not None or self.element.kind is Kind.PAGE
        )

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands in the prompt: by rank of the page, then as one reads."""
        return (self.hit.rank, self.element.page, self.element.order)


def joined(*parts: str) -> str:
    """Those that are not empty, one below the other."""
    return "\n".join(part for part in parts if part)


def once(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without what is there twice, is part of another piece of its page, or says and shows nothing.

    A text that stands in several places is kept where it comes first, and knows the others. Of a scanned page
    with pieces that say what it says, each with its own place, the picture alone is kept.
    """
    pages: defaultdict[tuple[str, int], list[Candidate]] = defaultdict(list)
    for one in candidates:
        pages[one.element.document, one.element.page].append(one)
    letters = {id(one): letters_of(_words(one)) for one in candidates}
    kept: list[Candidate] = []
    same: dict[tuple[str, str, str | None], Candidate] = {}
    for one in candidates:
        beside = [
            other
            for other in pages[one.element.document, one.element.page]
            if other is not one and other.element.kind is not Kind.PAGE
        ]
        if one.element.kind is Kind.PAGE and any(letters[id(other)] for other in beside):
            one.lead, one.body = "", Shortening("", "")
        if not (one.speaks or one.shows):
            continue
        first = same.setdefault((letters_of(one.lead), letters_of(one.body.text), one.element.picture), one)
        if first is not one:
            if first not in beside:
                first.also.append((one.hit.document, one.hit.page))
        elif not any(_holds(other, one, letters) or _is_under(other, one) for other in beside):
            kept.append(one)
    return kept


def _words(one: Candidate) -> str:
    return f"{one.element.caption}\n{one.element.text}"


def _holds(other: Candidate, one: Candidate, letters: dict[int, str]) -> bool:
    """Whether ``other``, of the same page, has all that ``one`` says and shows, and more."""
    mine, its = letters[id(one)], letters[id(other)]
    if one.element.kind is Kind.PAGE or mine == its or mine not in its:
        return False
    if find_whole(mine, its, word_edges(_words(other))) < 0:  # 5 mm is no part of 15 mm
        return False
    if one.element.picture is None:
        return True
    inner, outer = one.element.bbox, other.element.bbox
    within = inner is not None and outer is not None and inner.overlap(outer) >= 0.9 * inner.area
    return other.element.picture is not None and within


def _is_under(other: Candidate, heading: Candidate) -> bool:
    """Whether ``other`` is shown with this heading above it."""
    return heading.element.kind is Kind.HEADING and heading.element.text in other.element.section[-HEADINGS:]
