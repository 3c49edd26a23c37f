"""How well a passage answers a question: shared words by their rarity, closeness, type, rank, meaning."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from mmrag.encoders.base import Encoder
from mmrag.generators.cues import Wanted, holds, named_kinds, wanted
from mmrag.generators.passages import SHORT, Passage, is_ended
from mmrag.text.script import READABLE, readable_share
from mmrag.text.terms import query_terms, terms
from mmrag.types import Kind

NEAR, FAR = 0.5, 0.25
"""What a question's word is worth that stands beside the passage, or elsewhere on its page."""

CANDIDATES = 16
"""Passages whose meaning is compared by an encoder: the best ones by words."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Of the parts of a score, each part being 0..1."""

    coverage: float = 1.0
    pairs: float = 0.15
    cue: float = 0.2
    kind: float = 0.15
    rank: float = 0.15
    meaning: float = 0.4


WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class Scored:
    """A passage with its parts, each 0..1.

    Attributes:
        coverage: of the question's words, weighted by rarity, those in the passage and around it.
        own: the same with the passage's own words alone.
        meaning: cosine to the question, 0 where no encoder reads both.
        score: the weighted sum, higher is better.
        compared: whether an encoder has read both, so that ``meaning`` is part of the score.
    """

    passage: Passage
    coverage: float
    own: float
    meaning: float
    score: float
    compared: bool = False


class Scorer:
    """Scores passages for one question.

    Args:
        question: as asked.
        found: all passages; how rare a word is is estimated on them.
        encoder: compares meanings, if it reads the question.
        weights: of the parts.
    """

    def __init__(
        self, question: str, found: Sequence[Passage], encoder: Encoder | None, weights: Weights = WEIGHTS
    ) -> None:
        self._question = question
        self._found = found
        self._encoder = encoder
        self._weights = weights
        self._terms = query_terms(question)
        self._pairs = _neighbours(terms(question))
        self._kinds = named_kinds(question)
        self._wanted: frozenset[Wanted] = wanted(question)
        self._rarity = _rarity(self._terms, found)

    def scored(self) -> list[Scored]:
        """All passages, best first; equal ones in the order they were found."""
        rough = sorted(map(self._by_words, self._found), key=lambda one: -one.score)
        if self._encoder is None or not rough:
            return rough
        head = self._with_meaning(self._encoder, rough[:CANDIDATES])
        return sorted(head, key=lambda one: -one.score) + rough[CANDIDATES:]

    def _by_words(self, passage: Passage) -> Scored:
        own, held = self._coverage(passage)
        weights = self._weights
        score = (
            weights.coverage * held * _shape(passage)
            + weights.pairs * self._pair_share(passage)
            + weights.cue * holds(self._wanted, self._question, passage.quote) * min(1.0, 2 * held)
            + weights.kind * (passage.element.kind in self._kinds)
            + weights.rank / (1 + 0.25 * (passage.hit.rank - 1))
        )
        return Scored(passage, held, own, 0.0, score)

    def _coverage(self, passage: Passage) -> tuple[float, float]:
        total = sum(self._rarity.values())
        if not total:
            return 0.0, 0.0
        words = frozenset(passage.own)
        own = held = 0.0
        for term, weight in self._rarity.items():
            if term in words:
                own += weight
                held += weight
            elif term in passage.near:
                held += weight * NEAR
            elif term in passage.far:
                held += weight * FAR
        return own / total, held / total

    def _pair_share(self, passage: Passage) -> float:
        if not self._pairs:
            return 0.0
        return len(self._pairs & _neighbours(passage.own)) / len(self._pairs)

    def _with_meaning(self, encoder: Encoder, head: list[Scored]) -> list[Scored]:
        readable = [one for one in head if readable_share(one.passage.shown, encoder.scripts) >= READABLE]
        if not readable:
            return head
        query = encoder.encode_queries([self._question])[0]
        vectors = encoder.encode_texts([_with_context(one.passage) for one in readable])
        cosines = np.clip(vectors @ query, 0.0, 1.0).tolist()
        meaning = {id(one.passage): cosine for one, cosine in zip(readable, cosines, strict=True)}
        return [self._compared(one, meaning.get(id(one.passage))) for one in head]

    def _compared(self, one: Scored, meaning: float | None) -> Scored:
        if meaning is None:
            return one
        score = one.score + self._weights.meaning * meaning
        return replace(one, meaning=meaning, score=score, compared=True)


def _with_context(passage: Passage) -> str:
    about = passage.element.section[-1:]
    if passage.element.kind is Kind.TABLE and passage.element.caption:
        about = (passage.element.caption,)
    return ". ".join((*about, passage.shown))


def _rarity(wanted_terms: Sequence[str], found: Sequence[Passage]) -> dict[str, float]:
    """Inverse document frequency (Spärck Jones 1972), a passage being a document."""
    held: Counter[str] = Counter(term for passage in found for term in set(passage.own))
    return {term: math.log1p((len(found) + 1) / (held[term] + 0.5)) for term in wanted_terms}


def _neighbours(words: Sequence[str]) -> frozenset[tuple[str, str]]:
    return frozenset(pairwise(words))


def _shape(passage: Passage) -> float:
    """A heading, a title, a table's first row or a scrap says little, a very long piece says much besides.

    The text of a whole page is the second choice: its finer elements say the same, in better order.
    """
    kind, count = passage.element.kind, len(passage.own)
    if kind is Kind.HEADING or passage.heads or (kind is Kind.TEXT and _is_title(passage.quote)):
        return 0.5
    if count < 3 and kind is not Kind.TABLE:
        return 0.6
    if kind is Kind.PAGE or count > 60:
        return 0.85
    return 1.0


def _is_title(quote: str) -> bool:
    ended = is_ended(quote) or quote.endswith(";")  # an item of a list; as a line it may be one of code
    return len(quote) < SHORT and not ended and not any(map(str.isdigit, quote))
