"""Whether pages may answer a question at all, before a language model is asked."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.encoders.base import Encoder
from mmrag.generators.extractive import ExtractiveGenerator
from mmrag.types import Hit


def confidence(question: str, hits: Sequence[Hit], encoders: Sequence[Encoder]) -> float:
    """0..1, that ``hits`` answer ``question``: the measure of ``mini:extractive``.

    It reads words alone. What a picture shows beyond its words it can't weigh, so the limit for a model that
    sees pictures is lower than for quotes (benchmarks/calibrate_refusal.py).

    Args:
        question: as asked.
        hits: pages, best first.
        encoders: text encoders at hand, best first.
    """
    judge = ExtractiveGenerator()
    judge.use_encoders(encoders)
    return judge.confidence(question, hits)
