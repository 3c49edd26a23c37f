"""How sure an extractive answer may be of itself."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from mmrag.generators.scoring import Scored
from mmrag.text.script import language
from mmrag.text.terms import query_terms

THRESHOLD = 0.5
"""Least confidence to answer."""

EVEN = {True: 0.64, False: 0.35}
"""Strength at which the confidence is one half, where an encoder has compared the best passage and where
none has: 93 % of answerable questions are answered and none off topic (benchmarks/calibrate_refusal.py)."""

STEEPNESS = 12.0
MEANING = 0.3
"""What closeness in meaning counts on top of its part in the score: words alone meet by chance."""
MISSING_NAMES = 0.2
"""What is taken off where no passage holds the names that the question gives."""

_NAME = re.compile(r"(?<=[\w,;:’'\")] )[A-ZÀ-Þ]\w+")


def confidence_of(question: str, ranked: Sequence[Scored]) -> float:
    """0..1: a logistic function of the best passage's strength.

    Args:
        question: as asked.
        ranked: all passages, best first.
    """
    if not ranked or not ranked[0].coverage + ranked[0].meaning:
        return 0.0
    best = ranked[0]
    strength = best.score + MEANING * best.meaning - MISSING_NAMES * missing_names(question, ranked)
    return 1 / (1 + math.exp(-STEEPNESS * (strength - EVEN[best.compared])))


def missing_names(question: str, ranked: Sequence[Scored]) -> float:
    """Share, 0..1, of the names in the question that no passage nor its page holds; 0 if it has none.

    A name is a capitalised word that does not begin the sentence; German, which capitalises all nouns,
    and scripts without capitals have none.
    """
    names = query_terms(" ".join(_NAME.findall(question))) if language(question) != "de" else []
    if not names:
        return 0.0
    held: set[str] = set()
    for one in ranked:
        held.update(one.passage.own, one.passage.near, one.passage.far)
    return sum(name not in held for name in names) / len(names)
