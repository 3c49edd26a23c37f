"""Whether pages may answer a question at all, before a language model is asked."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.encoders.base import Encoder
from mmrag.generators.extractive import ExtractiveGenerator
from mmrag.text.script import language
from mmrag.types import Hit

UNKNOWN = 0.5
"""The confidence where the pages are in other languages than the question: no measure of words tells."""


def confidence(question: str, hits: Sequence[Hit], encoders: Sequence[Encoder]) -> float:
    """0..1, that ``hits`` answer ``question``: the measure of ``mini:extractive``.

    It reads words alone. What a picture shows beyond its words it can't weigh, so the limit for a model that
    sees pictures is lower than for quotes (benchmarks/calibrate_refusal.py). Nor can it weigh what is said in
    another language, which a language model may well read: it is then `UNKNOWN` at least.

    Args:
        question: as asked.
        hits: pages, best first.
        encoders: text encoders at hand, best first.
    """
    judge = ExtractiveGenerator()
    judge.use_encoders(encoders)
    measured = judge.confidence(question, hits)
    return max(measured, UNKNOWN) if _is_foreign(question, hits) else measured


def _is_foreign(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the question's language is known, and so are those of the pages, and all are others."""
    asked = language(question)
    spoken = {language("\n".join(one.text for one in hit.elements or (hit.element,))) for hit in hits}
    return bool(asked and spoken - {""}) and asked not in spoken
