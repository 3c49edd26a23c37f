"""From hits to candidates: the pieces of the found pages with what belongs to them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Protocol

from PIL.Image import Image

from mmrag.synthesize.cleaning import cleaned, in_one_line
from mmrag.synthesize.context.candidates import HEADINGS, Candidate, joined, once
from mmrag.synthesize.context.referring import referring
from mmrag.synthesize.context.shortening import Shortening
from mmrag.synthesize.prompting import word
from mmrag.text.terms import terms
from mmrag.types import Document, Element, Hit, Kind, Page

MOST_REFERRING = 2
"""Paragraphs that come with a figure or table because they refer to it."""

_LONGEST_NAME = 80  # characters
_LONGEST_SECTION = 200
_LONGEST_CAPTION = 1_500
_MOST_PLACES = 3
_NEWS = 0.2  # share of a description's terms that its figure's own words must lack


class Pages(Protocol):
    """What an index tells about the pages of hits."""

    def elements(self, document: Document, page: int) -> Sequence[Element]:
        """The elements of a page (1-based), in reading order; none where there is no such page."""

    def picture(self, hit: Hit, element: Element) -> Image | None:
        """Of a figure or a table; of the page, for one that was scanned; ``None`` if it can't be had."""


class Gathering:
    """Gathers the candidates of one prompt.

    Args:
        question: as asked.
        pages: what the index tells.
        code: language of the prompt.
        special: the model's own control tokens.
    """

    def __init__(self, question: str, pages: Pages, code: str, special: Collection[str]) -> None:
        self._question, self._pages, self._code, self._special = question, pages, code, special
        self._read: dict[tuple[str, int], Sequence[Element]] = {}
        self._hits: dict[tuple[str, int], Hit] = {}

    def candidates(self, hits: Sequence[Hit]) -> list[Candidate]:
        """Best first: by rank, then as the search ranked a page's elements, then what refers to them."""
        self._hits = {(hit.document.id, hit.page.number): hit for hit in reversed(hits)}
        found: dict[str, Candidate] = {}
        for hit in hits:
            for owner, element in self._elements(hit):
                if element.id not in found:
                    found[element.id] = self._candidate(owner, element, hit)
        return once(list(found.values()))

    def heading(self, candidate: Candidate, number: int, names: dict[str, str]) -> str:
        """The line that stands above it; ``names`` of documents by their ids."""
        line = word(
            "heading" if candidate.hit.document.paged else "heading_of_section",
            self._code,
            number=number,
            document=names[candidate.hit.document.id],
            page=candidate.hit.page.number,
            kind=word(_kind(candidate.element), self._code),
        )
        if not candidate.also:
            return line
        places = [
            word(
                "place" if document.paged else "place_of_section",
                self._code,
                document=names[document.id],
                page=page.number,
            )
            for document, page in candidate.also[:_MOST_PLACES]
        ]
        return line + word("same", self._code, places="; ".join(places))

    def names(self, candidates: Sequence[Candidate]) -> dict[str, str]:
        """What documents are called, by id: «title or file name», and the path where these are not enough."""
        documents = {one.hit.document.id: one.hit.document for one in candidates}
        documents |= {document.id: document for one in candidates for document, _ in one.also}
        short = {key: self._name(document) for key, document in documents.items()}
        taken = list(short.values())
        return {
            key: name if taken.count(name) == 1 else f"{name} ({self._line(documents[key].path)})"
            for key, name in short.items()
        }

    def _name(self, document: Document) -> str:
        return self._line(document.title) or self._line(PurePosixPath(document.path).name)

    def _line(self, text: str) -> str:
        line = in_one_line(text, _LONGEST_NAME, self._special).replace("«", '"').replace("»", '"')
        return f"«{line}»" if line else ""

    def _elements(self, hit: Hit) -> Iterator[tuple[Hit, Element]]:
        """Those of a hit with what belongs to them: the page if it was scanned, what refers to figures."""
        members = hit.elements or (hit.element,)
        for element in members:
            yield hit, element
        if any(_is_scanned(element) for element in members):
            on_page = self._on(hit.document, hit.page.number)
            yield from ((hit, element) for element in on_page if element.kind is Kind.PAGE)
        for element in members:
            if element.kind in (Kind.FIGURE, Kind.TABLE) and element.caption:
                yield from self._referring(hit, element)

    def _referring(self, hit: Hit, element: Element) -> Iterator[tuple[Hit, Element]]:
        found = [
            one
            for number in (element.page, element.page - 1, element.page + 1)
            for one in referring(element, self._on(hit.document, number))
        ]
        for one in found[:MOST_REFERRING]:
            yield self._hit_of(hit, one.page), one

    def _hit_of(self, hit: Hit, number: int) -> Hit:
        """The hit of that page; where the search did not find it, one that says what is known of the page."""
        if number == hit.page.number:
            return hit
        other = self._hits.get((hit.document.id, number))
        return other or replace(hit, page=Page(hit.document.id, number))

    def _on(self, document: Document, number: int) -> Sequence[Element]:
        key = (document.id, number)
        if key not in self._read:
            known = 1 <= number <= max(document.page_count, 1)
            self._read[key] = self._pages.elements(document, number) if known else ()
        return self._read[key]

    def _candidate(self, owner: Hit, element: Element, found_by: Hit) -> Candidate:
        section = in_one_line(" / ".join(element.section[-HEADINGS:]), _LONGEST_SECTION, self._special)
        caption = in_one_line(element.caption, _LONGEST_CAPTION, self._special)
        lead = joined(
            word("section", self._code, text=section) if section else "",
            word("caption", self._code, text=caption) if caption else "",
        )
        best = element.id == found_by.element.id
        anchor = found_by.snippet if best and found_by.snippet else self._question
        return Candidate(owner, element, lead, Shortening(self._body(element), anchor))

    def _body(self, element: Element) -> str:
        text = cleaned(element.text, self._special)
        if element.kind is not Kind.FIGURE:
            return text
        description = cleaned(str(element.metadata.get("description", "")), self._special)
        known = set(terms(f"{element.caption}\n{text}"))
        said = terms(description)
        if sum(term not in known for term in said) <= _NEWS * len(said):
            description = ""
        return joined(
            word("words", self._code) if text else "",
            text,
            word("description", self._code) if description else "",
            description,
        )


def _kind(element: Element) -> str:
    return "text" if element.kind is Kind.HEADING else element.kind.value


def _is_scanned(element: Element) -> bool:
    return element.kind is not Kind.FIGURE and bool(element.metadata.get("ocr"))
