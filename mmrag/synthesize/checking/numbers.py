"""Numbers in running text, by value: 1,234.5 is 1 234,5, three is 3, 1.2 million is 1,200,000.

Signs are ignored: "fell by 5 %" says what a table says as −5 %.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from mmrag.synthesize.checking.number_words import (
    DIGITS,
    MONTHS,
    OFTEN_NO_MONTHS,
    SCALES,
    TOO_COMMON,
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
_SCALE_WORD = rf"(?:{'|'.join(SCALES)})(?![A-Za-zÀ-ÿ])"
_SCALE_WORDS = rf"{_SCALE_WORD}(?:[ \u00a0-]?{_SCALE_WORD})*"  # 万亿, hundred million
_SCALE = re.compile(rf"[\s\u00a0-]?{_SCALE_WORDS}", re.IGNORECASE)
_SCALE_ALONE = re.compile(rf"(?<![A-Za-zÀ-ÿ]){_SCALE_WORDS}", re.IGNORECASE)
_ONE_SCALE = re.compile(_SCALE_WORD, re.IGNORECASE)
_PERCENT = re.compile(r"\s?(?:%|％|percent|per cent|pour cent|Prozent|por ciento)", re.IGNORECASE)
_MONTH = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(MONTHS)})(?![^\W\d_])\.?", re.IGNORECASE)
_DAY_BEFORE = re.compile(r"\d(?:\.|st|nd|rd|th|er)?\s(?:(?:of|de)\s)?$")
_DAY_AFTER = re.compile(r"\s(?:de\s)?\d")
_NUMERALS = "[零〇一二两兩三四五六七八九十百千万亿萬億]"
_CHINESE_DECIMAL = re.compile(
    rf"(?<!{_NUMERALS})(百分之)?({_NUMERALS}++)点([零〇一二三四五六七八九]++)(?![十分])([百千万亿萬億]*)"
)
_CHINESE = re.compile(rf"(百分之)?({_NUMERALS}+)(?!分之)")
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


def numbers(text: str, tongue: str = "") -> list[Number]:
    """The numbers that ``text`` states, in order: figures, written-out ones, months within dates.

    Figures within names (H2O) are none. Written-out ones are from two on; Chinese ones are those that count
    something or have several characters.

    Args:
        text: any.
        tongue: ISO 639-1 code, which decides what a point and a comma mean; empty for both meanings.
    """
    found = [*_figures(text, tongue), *months(text), *_written(text, tongue), *_chinese(text, strict=True)]
    sums = _sums(text, found)
    parts = {at for one in sums for at in range(one.begin, one.end)}
    found = [one for one in found if one.begin not in parts]
    return sorted([*found, *sums], key=lambda one: (one.begin, one.end))


def numbers_in_all_readings(text: str) -> list[Number]:
    """All numbers of a source, in every way of reading them that makes sense; a place may have several."""
    tongue = language(text)
    found = [*_figures(text, ""), *_written(text, tongue, loose=True), *_chinese(text, strict=False)]
    found += _sums(text, found)
    for match in _GROUP.finditer(text):  # figures in names, and groups that a space may only seem to join
        scale, _ = _after(text, match.end())
        found.append(Number(match.start(), match.end(), (Decimal(match.group()),), scale=scale))
    return found


def scales(text: str, found: Sequence[Number]) -> tuple[frozenset[Decimal], bool]:
    """Of the words such as "million" in a text, and whether one of them belongs to none of its numbers."""
    words = list(_SCALE_ALONE.finditer(text))
    own = {word.end() for one in found if (word := _SCALE.match(text, one.end))}
    within = {at for one in found if one.written for at in range(one.begin, one.end)}
    headed = any(word.end() not in own and word.start() not in within for word in words)
    return frozenset(_scale_of(word.group()) for word in words), headed


def _figures(text: str, tongue: str) -> Iterator[Number]:
    for match in _FIGURES.finditer(text):
        if tongue and _IN_NAME.search(text[max(0, match.start() - 1) : match.start()]):
            continue
        for begin, end, readings, decimals in _read(match, tongue):
            scale, percent = _after(text, end)
            rough = _HEDGE.search(text[max(0, begin - 16) : begin]) is not None
            whole = scale == 1 and not decimals
            dated = whole and _DATED.match(text, max(0, begin - 1)) is not None
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


def _scale_of(words: str) -> Decimal:
    scale = Decimal(1)
    for word in _ONE_SCALE.findall(words):
        scale *= next(
            value for pattern, value in SCALES.items() if re.fullmatch(pattern, word, re.IGNORECASE)
        )
    return scale


def _sums(text: str, found: Sequence[Number]) -> list[Number]:
    """What several of these make together: 1万3千 is 13 thousand, two thousand five hundred is 25 hundred."""
    sums: list[Number] = []
    for one, other in pairwise(sorted(found, key=lambda one: (one.begin, one.end))):
        first = sums.pop() if sums and sums[-1].end == one.end else one
        if _goes_on(text, first, other):
            reading = first.readings[0] * first.scale / other.scale + other.readings[0]
            first = replace(other, begin=first.begin, readings=(reading,), rough=first.rough)
        if first is not one:
            sums.append(first)
    return sums


def _goes_on(text: str, one: Number, other: Number) -> bool:
    scale = _SCALE.match(text, one.end)
    if not scale or one.decimals or one.written != other.written or one.readings[1:] or other.readings[1:]:
        return False
    if other.readings[0] * other.scale >= one.scale:
        return False
    between = text[scale.end() : other.begin]
    if scale.group()[-1] in "千万萬亿億":
        return not between and (other.scale > 1 or other.end - other.begin > 1)
    return between in (" ", "-", " and ") and (other.written if other.scale == 1 else between != " and ")


def months(text: str) -> Iterator[Number]:
    """The names of months that stand for dates."""
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
        scale, percent = _after(text, match.end())
        surely = scale > 1 and match.group().casefold() in TOO_COMMON
        value = written_value(match.group(), tongue, loose or surely)
        if value is not None:
            rough = _HEDGE.search(text[max(0, match.start() - 16) : match.start()]) is not None
            yield Number(*match.span(), (Decimal(value),), 0, scale, percent, True, rough)


def _chinese(text: str, strict: bool) -> Iterator[Number]:
    decimals = list(_chinese_decimals(text))
    yield from decimals
    taken = {at for one in decimals for at in range(one.begin, one.end)}
    for match in _CHINESE.finditer(text):
        numerals = match[2]
        if match.start() in taken or not (match[1] or set(numerals) - set("百千万亿萬億")):
            continue  # 百, 千 and so on alone are the scale of what stands before them
        counts = _COUNTED.match(text, match.end()) and numerals not in "一十"
        several = len(numerals) > 1 and re.search(r"[一二两三四五六七八九]", numerals)
        if strict and (_ORDINAL.search(text[: match.start()]) or not (counts or several or match[1])):
            continue
        value = chinese_value(numerals)
        if value is not None:
            yield Number(match.start(), match.end(), (Decimal(value),), percent=bool(match[1]), written=True)


def _chinese_decimals(text: str) -> Iterator[Number]:
    """三点五亿, 百分之三十五点六; 三点 as in three points or three o'clock is none."""
    for match in _CHINESE_DECIMAL.finditer(text):
        whole, scale = chinese_value(match[2]), chinese_value(match[4] or "一")
        if whole is None or scale is None or len(match[3]) > _LONGEST:
            continue
        if match[1] or match[4] or _COUNTED.match(text, match.end()):
            figures = "".join(str(DIGITS[char]) for char in match[3])
            value = Decimal(f"{whole}.{figures}")
            yield Number(
                *match.span(), (value,), len(figures), Decimal(scale), percent=bool(match[1]), written=True
            )
