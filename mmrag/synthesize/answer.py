"""From a generation to an answer: every citation is checked against the document before it is shown."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence

from mmrag.generators.base import Evidence, Generation, Generator
from mmrag.synthesize.citing import LinesOf, citation
from mmrag.types import Answer, Hit

log = logging.getLogger(__name__)

UNVERIFIED = "[unverified]"
"""Stands in an answer in place of a marker whose quote is not in the document."""

_LONGEST_NUMBER = 9  # digits that are looked at; Python refuses to read thousands
_SPACE_BEFORE = re.compile(r"[ \t]*\[(\d+)\]")


def answer(
    question: str, hits: Sequence[Hit], generator: Generator, lines_of: LinesOf | None = None
) -> Answer:
    """Ask ``generator``, and resolve what it cites.

    Citations are numbered in the order of their first appearance in the text. A marker that stands for
    nothing is taken out of the text. A quote that does not stand in its element (white space aside), or
    stands on no page that was given, is no citation: its markers become `UNVERIFIED`. Both are logged.

    Args:
        question: as asked.
        hits: pages, best first.
        generator: what answers.
        lines_of: the lines of a page, by document and number, to find a quote's own place; ``None`` leaves
            the place of its element.

    Raises:
        ModelError: if the generator fails.
    """
    begin = time.perf_counter()
    said = generator.generate(question, hits)
    seconds = time.perf_counter() - begin
    text, cited = _renumbered(said, hits)
    return Answer(
        question=question,
        text=text,
        citations=tuple(
            citation(number, evidence, lines_of) for number, evidence in enumerate(cited, start=1)
        ),
        hits=tuple(hits),
        refused=said.refused,
        confidence=min(1.0, max(0.0, said.confidence)),
        generator=generator.spec,
        seconds={"generate": round(seconds, 4)},
        tokens=dict(said.tokens),
    )


def _renumbered(said: Generation, hits: Sequence[Hit]) -> tuple[str, list[Evidence]]:
    """The text with checked and renumbered markers, and the evidence in their order."""
    evidence = () if said.refused else said.evidence
    holds = [_stands(one, hits) for one in evidence]
    numbers: dict[int, int] = {}

    def replaced(marker: re.Match[str]) -> str:
        index = int(marker[1][:_LONGEST_NUMBER]) - 1
        if not 0 <= index < len(evidence):
            log.warning("the answer cites %.80s, which stands for nothing: taken out", marker[0].strip())
            return ""
        space = marker[0][: -len(marker[0].lstrip())] if marker[0] != marker[0].lstrip() else ""
        if not holds[index]:
            log.warning("a quote of the answer is not in its document: %.80r", evidence[index].quote)
            return f"{space}{UNVERIFIED}"
        return f"{space}[{numbers.setdefault(index, len(numbers) + 1)}]"

    text = _SPACE_BEFORE.sub(replaced, said.text)
    return text, [evidence[index] for index in numbers]


def _stands(evidence: Evidence, hits: Sequence[Hit]) -> bool:
    """Whether the quote is in its element, and the element on a page that was given."""
    given = any(
        evidence.element == element
        for hit in hits
        if hit.document.id == evidence.hit.document.id and hit.page.number == evidence.hit.page.number
        for element in (hit.element, *hit.elements)
    )
    quote = _without_space(evidence.quote)
    element = evidence.element
    found = quote in _without_space(element.text) or quote in _without_space(element.caption)
    return given and bool(quote) and found


def _without_space(text: str) -> str:
    return "".join(text.split())
