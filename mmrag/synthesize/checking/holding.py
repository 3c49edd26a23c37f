"""Whether a source holds a number, by value and as rounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from mmrag.synthesize.checking.numbers import Number, months, numbers_in_all_readings, scales

_LARGEST = Decimal(10) ** 15  # beyond it, decimal arithmetic has no digits left to round
_AT_LEAST_TWO_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Held:
    """The numbers that a source holds.

    Attributes:
        values: every reading of every number, times the word after it: 3500000 for "3.5 million".
        figures: every reading without that word.
        plain: every reading of the numbers that have no such word.
        scales: of words such as "million" that stand anywhere: the head of a column may say them.
        headed: whether one of them belongs to no number.
        months: those of dates.
    """

    values: frozenset[Decimal]
    figures: frozenset[Decimal]
    plain: frozenset[Decimal]
    scales: frozenset[Decimal]
    headed: bool
    months: frozenset[Decimal]

    def states(self, reading: Decimal, scale: Decimal) -> bool:
        """Whether it holds just this number, which may lack its word if it has none."""
        return reading * scale in self.values or (scale == 1 and reading in self.figures)

    def in_units_of(self, scale: Decimal) -> Iterator[Decimal]:
        """What the figures before a word of this scale may say of its numbers."""
        yield from (value / scale for value in self.values)
        yield from (figure * head / scale for figure in self.plain for head in self.scales)
        if scale == 1:
            yield from self.figures
        elif not self.headed:  # what the figures are in is not said, or not in words that are known here
            yield from self.plain


def held(text: str) -> Held:
    """All numbers of a source, read in every way that makes sense."""
    found = numbers_in_all_readings(text)
    words, headed = scales(text, found)
    named = {month.readings[0] for month in months(text)}
    in_figures = {reading for one in found if not one.written for reading in one.readings if one.dated}
    return Held(
        frozenset(reading * one.scale for one in found for reading in one.readings),
        frozenset(reading for one in found for reading in one.readings),
        frozenset(reading for one in found for reading in one.readings if one.scale == 1),
        words,
        headed,
        frozenset(named | in_figures),
    )


def is_held(number: Number, source: Held) -> bool:
    """Whether the source holds the number, or one that is this number when rounded to the digits shown.

    An integer of one digit is no rounded one, unless a word before it says so ("about 2"); zeros at the end
    of an integer count as digits, unless a word before it says so ("over 1,200" for 1,234).
    """
    return any(_is_held(reading, number, source) for reading in number.readings)


def _is_held(reading: Decimal, number: Number, source: Held) -> bool:
    if number.month:
        return reading in source.months
    if number.dated and reading in source.months:
        return True
    if source.states(reading, number.scale):
        return True
    if number.percent and any(_rounds(figure * 100, reading, number) for figure in source.figures):
        return True
    return any(
        figure == reading or _rounds(figure, reading, number) for figure in source.in_units_of(number.scale)
    )


def _rounds(value: Decimal, to: Decimal, number: Number) -> bool:
    exponent = -number.decimals
    if not number.decimals and number.rough and to:
        exponent = len(str(to)) - len(str(to).rstrip("0"))
    elif not number.decimals and to < _AT_LEAST_TWO_DIGITS:
        return False
    step = Decimal(1).scaleb(exponent)
    if abs(value - to) > step or value > _LARGEST:
        return False
    return any(value.quantize(step, way) == to for way in (ROUND_HALF_UP, ROUND_HALF_EVEN))
