"""Questions from the documents' own words (``--self``): no model, no labels.

A printed caption asks for its figure or table, a heading for its section, and neither may be found by itself:
`hidden_copy` takes the words out of the index. What is left to find is what the figure shows, what the table
holds, what the section says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass

from mmrag.api import Index
from mmrag.benchmark.datasets.hiding import hidden_copy
from mmrag.benchmark.datasets.wording import (
    is_labelled,
    is_telling,
    language_of,
    letters,
    only_once,
    title_of,
    without_number,
)
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.index.reader import Reader
from mmrag.text.terms import terms
from mmrag.types import Document, Element, Kind

__all__ = ["hidden_copy", "self_questions"]

NOTE = (
    "The questions are the documents' own captions and headings, with these words taken out of the index. "
    "They tell which strategy finds figures, tables and sections by what is in them. They are worded as the "
    "author words things, ask for a place and not for a fact, and count other pages on the same matter as "
    "wrong. There are often more headings than captions: read them kind by kind, and as a comparison, not "
    "as how good a strategy is."
)

_CAPTION_WORDS, _HEADING_WORDS = 3, 2
_SECTION_WORDS = 20
"""A section that says less can't be told from any other."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A caption or heading, and what it would ask for."""

    text: str
    kind: str
    gold: Gold
    element: str


def self_questions(index: Index) -> Dataset:
    """Captions and headings of an index as questions.

    Captions of fewer than three telling words and headings of fewer than two are left out, and so are those
    that occur twice, headings such as "Introduction", and headings with next to nothing under them. A
    heading's gold is the page where its section begins to say something.

    Raises:
        UsageError: if the documents have no such captions or headings.
    """
    found: list[tuple[_Found, str]] = []
    seen: list[str] = []
    with closing(Reader(index.path)) as reader:
        for row, document in reader.documents().items():
            elements = [
                element
                for _, page, _ in reader.document_pages(row)
                for element in reader.page_elements(document.path, page.number)
            ]
            said = " ".join(element.text for element in elements if element.kind is Kind.TEXT)
            asked = (*_captions(document, elements), *_headings(document, elements))
            found += [(one, language_of(one.text, said)) for one in asked]
            seen += [letters(title_of(element.caption)) for element in elements if element.caption]
            seen += [letters(without_number(text)) for text in _heading_texts(elements)]
    once = only_once(seen)
    questions = tuple(_question(one, spoken) for one, spoken in found if letters(one.text) in once)
    if not questions:
        raise UsageError(
            f"the documents of {index.path} have no captions or headings to ask with: write questions, or "
            "have them written with --generate"
        )
    return Dataset(f"{index.root.name} (its own captions and headings)", index.root, questions, NOTE)


def _question(found: _Found, spoken: str) -> Question:
    return Question(
        f"{found.kind}-{found.element[:12]}",
        found.text,
        (found.gold,),
        spoken,
        found.kind,
        hidden=(found.element,),
    )


def _captions(document: Document, elements: list[Element]) -> Iterator[_Found]:
    for element in elements:
        if element.kind not in (Kind.FIGURE, Kind.TABLE) or not element.caption:
            continue
        title = title_of(element.caption)
        # In a PDF only a label tells a caption from other words beside a figure, such as those at its axes.
        labelled = is_labelled(element.caption) or not document.paged
        if labelled and is_telling(title, _CAPTION_WORDS):
            boxes = (element.bbox,) if element.bbox else ()
            gold = Gold(document.path, element.page, boxes=boxes)
            yield _Found(title, element.kind.value, gold, element.id)


def _headings(document: Document, elements: list[Element]) -> Iterator[_Found]:
    for at, element in enumerate(elements):
        if element.kind is not Kind.HEADING:
            continue
        title = " ".join(without_number(element.text).split())
        below = list(_under(element, elements[at + 1 :]))
        if not below or is_labelled(element.text) or not is_telling(title, _HEADING_WORDS):
            continue
        if len(terms(" ".join(other.text for other in below))) >= _SECTION_WORDS:
            gold = Gold(document.path, below[0].page)
            yield _Found(title, "text", gold, element.id)


def _under(heading: Element, following: Iterable[Element]) -> Iterator[Element]:
    """What stands right under a heading, up to the next one."""
    for element in following:
        if element.kind is Kind.HEADING:
            return
        if element.kind is not Kind.PAGE and element.section[-1:] == (heading.text,):
            yield element


def _heading_texts(elements: Iterable[Element]) -> Iterator[str]:
    for element in elements:
        if element.kind is Kind.HEADING:
            yield element.text
