"""From what an answer rests on to a place in a document."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from mmrag.generators.base import Evidence
from mmrag.synthesize.places import place_of
from mmrag.types import Citation, Document, Line

LinesOf = Callable[[Document, int], Sequence[Line]]
"""The lines of a page, by document and number."""


def citation(number: int, evidence: Evidence, lines_of: LinesOf | None = None) -> Citation:
    """The citation ``[number]``, with the quote's own box where its lines are found, else its element's.

    Args:
        number: from 1.
        evidence: what it stands for.
        lines_of: ``None`` leaves the place of the element.
    """
    element, hit = evidence.element, evidence.hit
    bbox = evidence.bbox
    if bbox is None and element.bbox is not None and lines_of is not None:
        bbox = place_of(evidence.quote, lines_of(hit.document, hit.page.number), element.bbox)
    return Citation(
        number=number,
        quote=evidence.quote,
        document=hit.document,
        page=hit.page,
        element=element,
        bbox=bbox or element.bbox,
    )
