"""The reranker seam: a query and the pages found for it get new scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a reranker may look at of a page that was found.

    Attributes:
        text: the page's best elements, best first, captions included.
        picture: decodes the picture of its best element, in RGB, or draws the page where that has none;
            called only by rerankers that look at pixels.
    """

    text: str
    picture: Callable[[], Image]


class Reranker(Protocol):
    """Scores candidates against a query more carefully than the lists that found them.

    Attributes:
        spec: what resolves to it.
    """

    spec: str

    def score(self, query: str, candidates: Sequence[Candidate]) -> list[float]:
        """One score a candidate, in their order, higher is better; none depends on the others."""
        ...
