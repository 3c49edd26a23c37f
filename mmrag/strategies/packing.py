"""Packing spans of text into pieces of a wanted length, counted in an encoder's tokens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

from mmrag.encoders.base import Encoder
from mmrag.text import sentences
from mmrag.text.script import is_cjk

Span = tuple[int, int]
# Where a sentence that is too long by itself may be cut: between words, and between ideographs. A "word"
# without end (a line of dots, encoded data) is cut too.
_LONGEST_WORD = 32
_WORD = re.compile(rf"\S{{1,{_LONGEST_WORD}}}")


@dataclass(frozen=True, slots=True)
class Budget:
    """How long a piece should be and may be, in tokens, special tokens left out."""

    target: int
    limit: int


class Counter:
    """Counts tokens without the special ones that an encoder puts around every text."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        one, two = encoder.count_tokens(["a", "a a"])
        self.special = 2 * one - two

    def __call__(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text."""
        return [max(0, count - self.special) for count in self._encoder.count_tokens(texts)] if texts else []

    def one(self, text: str) -> int:
        """Tokens of one text."""
        return self([text])[0] if text else 0


def split(text: str, budget: Budget, count: Counter) -> list[Span]:
    """Spans of ``text``, in order, each of whole sentences, near the target and never over the limit.

    A text of somewhat more than the target is cut in halves, not in a long piece and a crumb. Only a
    sentence that is over the limit by itself is cut, between words.
    """
    spans, counts = _within_limit(text, sentences(text), budget, count)
    return [(spans[first][0], spans[last - 1][1]) for first, last in pack(counts, budget)]


def pack(counts: Sequence[int], budget: Budget) -> list[Span]:
    """Ranges of consecutive items, given their lengths, that make even pieces near the target.

    Each item is in one range; a range is over the limit only if its single item is.
    """
    total = sum(counts)
    aim = total / max(1, ceil(total / budget.target))
    ranges: list[Span] = []
    first, size = 0, 0
    for number, length in enumerate(counts):
        too_long = size + length > budget.limit
        farther_from_aim = size + length - aim > aim - size
        if number > first and (too_long or farther_from_aim):
            ranges.append((first, number))
            first, size = number, 0
        size += length
    if first < len(counts):
        ranges.append((first, len(counts)))
    return ranges


def _within_limit(
    text: str, spans: list[Span], budget: Budget, count: Counter
) -> tuple[list[Span], list[int]]:
    counts = count([text[start:end] for start, end in spans])
    fitting: list[Span] = []
    lengths: list[int] = []
    for span, length in zip(spans, counts, strict=True):
        if length <= budget.limit:
            fitting.append(span)
            lengths.append(length)
        else:
            words = _words(text, span)
            sizes = count([text[start:end] for start, end in words])
            for first, last in pack(sizes, Budget(budget.limit, budget.limit)):
                fitting.append((words[first][0], words[last - 1][1]))
                lengths.append(sum(sizes[first:last]))
    return fitting, lengths


def _words(text: str, span: Span) -> list[Span]:
    words: list[Span] = []
    for found in _WORD.finditer(text, *span):
        start, end = found.span()
        for position in range(start, end):
            if is_cjk(text[position]):
                if start < position:
                    words.append((start, position))
                words.append((position, position + 1))
                start = position + 1
        if start < end:
            words.append((start, end))
    return words
