"""The generator seam: a question and the pages found for it become an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from mmrag.types import BBox, Element, Hit


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that an answer rests on: ``quote`` stands verbatim in ``element`` of ``hit``.

    ``bbox`` is the quote's own box in page fractions where the generator knows it.
    """

    hit: Hit
    element: Element
    quote: str
    bbox: BBox | None = None


@dataclass(frozen=True, slots=True)
class Generation:
    """What a generator says: text with [1]…[n] markers, where [i] is ``evidence[i - 1]``.

    ``refused`` is set where the evidence is too weak; the text then says so, and ``evidence`` is empty.
    ``confidence`` is the generator's own measure, 0..1. ``tokens`` counts by direction, if there are any.
    """

    text: str
    evidence: tuple[Evidence, ...]
    refused: bool
    confidence: float
    tokens: dict[str, int] = field(default_factory=dict)


class Generator(Protocol):
    """Answers a question from hits.

    Attributes:
        spec: what resolves to it, e.g. ``mini:extractive``.

    One that several threads may call at once says so by an attribute ``concurrent`` that is true. With others
    the threads of a `mmrag.SharedIndex` take turns.
    """

    spec: str

    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        """The answer in the question's language, resting on ``hits`` (best first) alone.

        Raises:
            ModelError: if the model can't be run. Never answers from nothing instead.
        """
        ...
