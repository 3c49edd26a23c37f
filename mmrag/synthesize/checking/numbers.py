"""Numbers in running text, by value: 1,234.5 is 1 234,5, three is 3, 1.2 million is 1,200,000.

Signs are ignored: "fell by 5 %" says what a table says as −5 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from mmrag.synthesize.checking.number_words import (
    MONTHS,
    OFTEN_NO_MONTHS,
    SCALES,
    chinese_value,
    words_of,
    written_value,
)
from mmrag.text.script import language

_COMMA_LANGUAGES = frozenset({"de", "fr", "es", "it", "pt", "nl", "ru"})
_FIGURES = re.compile(
    r"\d{1,3}(?:[ '’\u00a0\u2009\u202f]\d{3})+(?:[.,]\d+)?(?![\d])|\d+(?:[.,]\d+)*|(?<![\w.])\.\d+"
)
_DATED = re.compile(r"(?:[./-]|\D|^)(?:0?[1-9]|1[0-2])(?:\s?月|[./-]\d)|[./-](?:0?[1-9]|1[0-2])(?!\d)")
_IN_NAME = re.compile(r"[A-Za-zÀ-ÿ]$")  # H2O, Qwen2
_GROUPED = re.compile(r"\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*")
_GROUP = re.compile(r"(?<![\d.,])\d+(?![.,]?\d)")
_SCALE_WORDS = rf"(?:{'|'.join(SCALES)})(?![A-Za-zÀ-ÿ])"
_SCALE = re.compile(rf"[\s\u00a0-]?{_SCALE_WORDS}", re.IGNORECASE)
_SCALE_ALONE = re.compile(rf"(?<![A-Za-zÀ-ÿ]){_SCALE_WORDS}", re.IGNORECASE)
_PERCENT = re.compile(r"\s?(?:%|％|percent|per cent|pour cent|Prozent|por ciento)", re.IGNORECASE)
_MONTH = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(MONTHS)})(?![^\W\d_])\.?", re.IGNORECASE)
_DAY_BEFORE = re.compile(r"\d(?:\.|st|nd|rd|th|er)?\s(?:(?:of|de)\s)?$")
_DAY_AFTER = re.compile(r"\s(?:de\s)?\d")
_CHINESE = re.compile(r"(百分之)?([零〇一二两兩三四五六七八九十百千万亿萬億]+)(?!分之)")
_COUNTED = re.compile(r"[个座台年月日倍条人岁小种项次米公页章节张只家所间道根块层组类级天周度元名位分钟秒]")
_ORDINAL = re.compile(r"第$")
_HEDGE = re.compile(
    r"(?:about|around|roughly|approximately|approx\.|almost|nearly|over|under|(?:more|less|fewer) than|"
    r"at least|close to|some|circa|ca\.|~|≈|约|大约|近|将近|超过|不到|多于|少于|"
    r"environ|près de|presque|plus de|moins de|quelque|etwa|rund|ungefähr|"
    r"fast|knapp|über|unter|mehr als|weniger als|casi|unos|más de)"
    r"\s*(?:[$€£¥]\s*)?$",
    re.IGNORECASE,
)
_LONGEST = 60
_LARGEST = Decimal(10) ** 15  # beyond it, decimal arithmetic has no digits left to round
_AT_LEAST_TWO_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in a text.

    Attributes:
        begin, end: where.
        readings: what the figures may say, without the word after them: 1.234 may be 1234.
        decimals: figures shown after the decimal point.
        scale: of the word after it: 1000000 for "million"; 1 if there is none.
        percent: whether a sign or word after it says so.
        written: whether it stands in words.
        rough: whether a word before it says that it is rounded.
        month: whether it is a month's name.
        dated: whether it may be a month in figures.
    """

    begin: int
    end: int
    readings: tuple[Decimal, ...]
    decimals: int = 0
    scale: Decimal = Decimal(1)
    percent: bool = False
    written: bool = False
    rough: bool = False
    month: bool = False
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """The numbers that a source holds.

    Attributes:
        values: every reading of every number, with and without the word after it.
        scales: of words such as "million" that stand anywhere: the head of a column may say them.
        months: those of dates.
    """

    values: frozenset[Decimal]
    scales: frozenset[Decimal]
    months: frozenset[Decimal]


def numbers(text: str, tongue: str = "") -> list[Number]:
    """The numbers that ``text`` states, in order: figures, written-out ones, months within dates.

    Figures within names (H2O) are none. Written-out ones are from two on; Chinese ones are those that count
    something or have several characters.

    Args:
        text: any.
        tongue: ISO 639-1 code, which decides what a point and a comma mean; empty for both meanings.
    """
    found = [*_figures(text, tongue), *_months(text), *_written(text, tongue), *_chinese(text, strict=True)]
    return sorted(found, key=lambda one: (one.begin, one.end))


def held(text: str) -> Held:
    """All numbers of a source, read in every way that makes sense."""
    tongue = language(text)
    found = [*_figures(text, ""), *_written(text, tongue, loose=True), *_chinese(text, strict=False)]
    for match in _GROUP.finditer(text):  # figures in names, and groups that a space may only seem to join
        found.append(Number(match.start(), match.end(), (Decimal(match.group()),)))
    values = {
        reading * scale for one in found for reading in one.readings for scale in {one.scale, Decimal(1)}
    }
    scales = {_scale_of(match.group()) for match in _SCALE_ALONE.finditer(text)}
    named = {month.readings[0] for month in _months(text)}
    in_figures = {reading for one in found if not one.written for reading in one.readings if one.dated}
    return Held(frozenset(values), frozenset(scales), frozenset(named | in_figures))


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
    wanted = reading * number.scale
    if wanted in source.values or reading in source.values:
        return True
    if any(wanted == value * scale for value in source.values for scale in source.scales):
        return True
    if number.percent and any(_rounds(value * 100, reading, number) for value in source.values):
        return True
    factors = {number.scale, *(number.scale / scale for scale in source.scales)}
    return any(_rounds(value / factor, reading, number) for value in source.values for factor in factors)


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


def _figures(text: str, tongue: str) -> Iterator[Number]:
    for match in _FIGURES.finditer(text):
        if tongue and _IN_NAME.search(text[max(0, match.start() - 1) : match.start()]):
            continue
        for begin, end, readings, decimals in _read(match, tongue):
            scale, percent = _after(text, end)
            rough = _HEDGE.search(text[max(0, begin - 16) : begin]) is not None
            dated = _DATED.match(text, max(0, begin - 1)) is not None
            yield Number(begin, end, readings, decimals, scale, percent, rough=rough, dated=dated)


def _read(match: re.Match[str], tongue: str) -> Iterator[tuple[int, int, tuple[Decimal, ...], int]]:
    """Begin, end, readings and decimals of what one run of figures says: one number, or several (a date)."""
    figures = re.sub(r"[^\d.,]", "", match.group())
    begin, end = match.span()
    if len(figures) > _LONGEST:
        return
    whole, point, decimals = (
        figures.rpartition(".") if figures.rfind(".") > figures.rfind(",") else figures.rpartition(",")
    )
    grouped = _GROUPED.fullmatch(figures)
    if not point:
        yield begin, end, (Decimal(figures),), 0
    elif grouped:
        joined = Decimal(re.sub(r"\D", "", figures))
        if figures.count(grouped[1]) > 1:
            yield begin, end, (joined,), 0
        else:
            yield begin, end, *_ambiguous(joined, whole, decimals, point, tongue)
    elif not re.search(r"[.,]", whole) or _GROUPED.fullmatch(whole):
        yield begin, end, (Decimal(f"{re.sub('[.,]', '', whole) or 0}.{decimals}"),), len(decimals)
    else:
        for part in re.finditer(r"\d+", match.group()):
            yield begin + part.start(), begin + part.end(), (Decimal(part.group()),), 0


def _ambiguous(
    joined: Decimal, whole: str, decimals: str, point: str, tongue: str
) -> tuple[tuple[Decimal, ...], int]:
    split = Decimal(f"{whole}.{decimals}")
    if not tongue:
        return (joined, split), 0
    is_point = point == ("," if tongue in _COMMA_LANGUAGES else ".")
    return ((split,), len(decimals)) if is_point else ((joined,), 0)


def _after(text: str, end: int) -> tuple[Decimal, bool]:
    scale = _SCALE.match(text, end)
    percent = _PERCENT.match(text, end) is not None
    return (_scale_of(scale.group()) if scale else Decimal(1)), percent


def _scale_of(word: str) -> Decimal:
    word = word.strip(" \u00a0\t\n-")
    return next(scale for pattern, scale in SCALES.items() if re.fullmatch(pattern, word, re.IGNORECASE))


def _months(text: str) -> Iterator[Number]:
    for match in _MONTH.finditer(text):
        before = text[max(0, match.start() - 8) : match.start()]
        dated = _DAY_BEFORE.search(before) or _DAY_AFTER.match(text, match.end())
        if dated or (len(match.group()) > 3 and match.group().casefold() not in OFTEN_NO_MONTHS):
            name = match.group().rstrip(".").casefold()
            month = next(
                month for pattern, month in MONTHS.items() if re.fullmatch(pattern, name, re.IGNORECASE)
            )
            yield Number(match.start(), match.start() + len(name), (Decimal(month),), month=True)


def _written(text: str, tongue: str, loose: bool = False) -> Iterator[Number]:
    pattern = words_of(tongue)
    for match in pattern.finditer(text) if pattern else ():
        value = written_value(match.group(), tongue, loose)
        if value is not None:
            scale, percent = _after(text, match.end())
            rough = _HEDGE.search(text[max(0, match.start() - 16) : match.start()]) is not None
            yield Number(*match.span(), (Decimal(value),), 0, scale, percent, True, rough)


def _chinese(text: str, strict: bool) -> Iterator[Number]:
    for match in _CHINESE.finditer(text):
        numerals = match[2]
        counts = _COUNTED.match(text, match.end()) and numerals not in "一十百千万亿萬億"
        several = len(numerals) > 1 and re.search(r"[一二两三四五六七八九]", numerals)
        if strict and (_ORDINAL.search(text[: match.start()]) or not (counts or several or match[1])):
            continue
        value = chinese_value(numerals)
        if value is not None:
            yield Number(match.start(), match.end(), (Decimal(value),), percent=bool(match[1]), written=True)
