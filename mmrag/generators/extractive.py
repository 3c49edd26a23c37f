"""``mini:extractive``: answers by quoting the best sentences, table rows and captions."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.encoders.base import Encoder
from mmrag.encoders.lists import texts_of
from mmrag.generators.base import Evidence, Generation
from mmrag.generators.confidence import THRESHOLD, confidence_of
from mmrag.generators.passages import Passage, passages
from mmrag.generators.phrases import phrases
from mmrag.generators.scoring import Scored, Scorer
from mmrag.text.script import READABLE, language, readable_share
from mmrag.types import Hit

MOST_QUOTES = 3
WORTH_QUOTING = 0.8
"""A second quote is given if its score is at least this share of the best one's."""
SAME_WORDS = 0.6
"""Share of the shorter quote's words that two quotes may have in common."""


class ExtractiveGenerator:
    """Quotes; makes up nothing. Small and honest: it can't reason, add up or read a curve.

    Args:
        encoder: a text encoder that compares the meaning of question and quotes. Without one, and for
            questions in a script that it can't read, words alone decide.
        threshold: least confidence, 0..1, to answer.
    """

    spec = "mini:extractive"
    concurrent = True

    def __init__(self, encoder: Encoder | None = None, threshold: float = THRESHOLD) -> None:
        self._encoders: tuple[Encoder, ...] = () if encoder is None else (encoder,)
        self._threshold = threshold

    def use_encoders(self, encoders: Sequence[Encoder]) -> None:
        """Compare meanings with the first of these that reads a question's script.

        One that borrows another's vectors of texts gives way to it. One of pictures is left out: it has
        learnt how close a text is to a picture, not to another text.
        """
        texts = map(texts_of, encoders)
        self._encoders = tuple(one for one in texts if "picture" not in one.modalities)

    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        """Up to three quotes, each with its number; a refusal where the best one is too weak."""
        words = phrases(language(question))
        ranked = self.rank(question, hits)
        confidence = confidence_of(question, ranked)
        if not ranked or confidence < self._threshold:
            return Generation(words.nothing, (), refused=True, confidence=confidence)
        chosen = choose(ranked)
        text = "\n".join(
            words.quoted.format(quote=passage.shown, number=number)
            for number, passage in enumerate(chosen, start=1)
        )
        evidence = tuple(Evidence(passage.hit, passage.element, passage.quote) for passage in chosen)
        return Generation(text, evidence, refused=False, confidence=confidence)

    def confidence(self, question: str, hits: Sequence[Hit]) -> float:
        """0..1, that ``hits`` answer the question; what `generate` gives with its answer."""
        return confidence_of(question, self.rank(question, hits))

    def rank(self, question: str, hits: Sequence[Hit]) -> list[Scored]:
        """Everything that could be quoted, best first."""
        return Scorer(question, passages(hits), self._encoder_for(question)).scored()

    def _encoder_for(self, question: str) -> Encoder | None:
        return next(
            (one for one in self._encoders if readable_share(question, one.scripts) >= READABLE), None
        )


def choose(ranked: Sequence[Scored]) -> list[Passage]:
    """The best passage, and at most two more that are nearly as good and say something else."""
    chosen: list[Passage] = []
    for one in ranked:
        if chosen and one.score < WORTH_QUOTING * ranked[0].score:
            break
        if not any(_says_the_same(one.passage, other) for other in chosen):
            chosen.append(one.passage)
        if len(chosen) == MOST_QUOTES:
            break
    return chosen


def _says_the_same(one: Passage, other: Passage) -> bool:
    """Whether the quotes overlap, or share their words; what differs in a number says something else."""
    if one.element.id == other.element.id and _overlap(one, other):
        return True
    shorter, longer = sorted((set(one.own), set(other.own)), key=len)
    if any(term[-1].isdigit() for term in shorter - longer):
        return False
    return len(shorter & longer) > SAME_WORDS * max(1, len(shorter))


def _overlap(one: Passage, other: Passage) -> bool:
    """Whether two quotes of one element have characters of its text in common."""
    text = one.element.text
    first, second = text.find(one.quote), text.find(other.quote)
    if first < 0 or second < 0:
        return one.quote in other.quote or other.quote in one.quote
    return first < second + len(other.quote) and second < first + len(one.quote)
