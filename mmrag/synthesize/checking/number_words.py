"""Written-out numbers: English, French, German, Spanish and Chinese."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache

SCALES: dict[str, Decimal] = {
    r"hundred": Decimal(100),
    r"thousand|Tausend|Tsd\.?|mille|milliers|mil|千(?![克米瓦卡赫帕伏])": Decimal(1_000),
    r"万|萬": Decimal(10_000),
    r"millions?|Millionen|Mio\.?|mill(?:ón|ones)|百万|百萬": Decimal(1_000_000),
    r"亿|億": Decimal(100_000_000),
    r"billions?|milliards?|Milliarden?|Mrd\.?|bn|十[亿億]": Decimal(1_000_000_000),
    r"百[亿億]": Decimal(10_000_000_000),
    r"trillions?": Decimal(1_000_000_000_000),
}
"""Patterns of the words that multiply a number before them."""

MONTHS: dict[str, int] = {
    r"jan(?:uary|uar|vier)?|enero": 1,
    r"feb(?:ruary|ruar|rero)?|février": 2,
    r"mar(?:ch|s|zo)?|märz": 3,
    r"apr(?:il)?|avril|abril": 4,
    r"may|mai|mayo": 5,
    r"jun(?:e|i|io)?|juin": 6,
    r"jul(?:y|i|io)?|juillet": 7,
    r"aug(?:ust)?|août|agosto": 8,
    r"sept?(?:ember|embre)?|septiembre": 9,
    r"oct(?:ober|obre)?|okt(?:ober)?|octubre": 10,
    r"nov(?:ember|embre|iembre)?": 11,
    r"dec(?:ember)?|dez(?:ember)?|décembre|diciembre": 12,
}
"""Patterns of the names of the months."""

OFTEN_NO_MONTHS = frozenset({"march", "mars", "marz", "sept", "mayo"})
"""Names of months that also mean something else, as those of three letters may: they want a day or year."""

_ENGLISH = """
    one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
    seventeen eighteen nineteen twenty
"""
_FRENCH = """
    un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize
    dix-sept dix-huit dix-neuf vingt
"""
_GERMAN = """
    ein zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn
    siebzehn achtzehn neunzehn zwanzig
"""
_SPANISH = """
    uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis
    diecisiete dieciocho diecinueve veinte
"""
_TENS = {
    "en": "thirty forty fifty sixty seventy eighty ninety",
    "fr": "trente quarante cinquante soixante",
    "de": "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    "es": "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
}
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth"
TOO_COMMON = frozenset({"neuf", "ein", "un", "uno", "one"})
"""Left out where not every mention is a number: French neuf is also "new"."""

DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2, "兩": 2}
"""The value of each Chinese digit."""

_LONGEST = 20
_UNITS = {"十": 10, "百": 100, "千": 1000}
_LARGE = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}


def _values(words: str, tens: str) -> dict[str, int]:
    values = {word: value for value, word in enumerate(words.split(), start=1)}
    return values | {word: 10 * value for value, word in enumerate(tens.split(), start=3)}


_WORDS = {
    code: _values(words, _TENS[code])
    for code, words in (("en", _ENGLISH), ("fr", _FRENCH), ("de", _GERMAN), ("es", _SPANISH))
}
_ORDINAL_VALUES = {word: value for value, word in enumerate(_ORDINALS.split(), start=1)}


@lru_cache(maxsize=8)
def words_of(tongue: str) -> re.Pattern[str] | None:
    """Finds written-out numbers of a language, composed ones whole; English where it is not known."""
    if tongue not in _WORDS and tongue:
        return None
    words = sorted([*_WORDS[tongue or "en"], *(_ORDINAL_VALUES if tongue in ("en", "") else ())], key=len)
    word = "|".join(reversed(words))
    return re.compile(
        rf"(?<![\w-])(?:{word})(?:[- ](?:hundred(?: and)? )?(?:{word}))*(?![\w])", re.IGNORECASE
    )


def written_value(text: str, tongue: str, loose: bool) -> int | None:
    """The value of what `words_of` found; ``None`` if it is no number for sure.

    Args:
        text: one or several words.
        tongue: as given to `words_of`.
        loose: takes ordinals and words that often mean something else as numbers too.
    """
    values = _WORDS[tongue or "en"]
    total = 0
    for word in re.split(r"[- ]", text.casefold()) if text.casefold() not in values else [text.casefold()]:
        if word == "hundred":
            total *= 100
        elif word in values:
            total += values[word]
        elif word in _ORDINAL_VALUES and loose:
            total += _ORDINAL_VALUES[word]
        elif word != "and":
            return None
    return None if text.casefold() in TOO_COMMON and not loose else total


def chinese_value(numerals: str) -> int | None:
    """The value of Chinese numerals: 三十五 is 35, 二〇二五 is 2025; ``None`` if they are too many."""
    return _chinese_value(numerals) if len(numerals) <= _LONGEST else None


def _chinese_value(numerals: str) -> int:
    for large in ("亿億", "万萬"):  # 一亿二千万 is 一亿 and 二千万, but 一万亿 is 一万 times 亿
        at = max(map(numerals.rfind, large))
        if at >= 0:
            times = _chinese_value(numerals[:at]) if at else 1
            return times * _LARGE[numerals[at]] + _chinese_value(numerals[at + 1 :])
    if all(char in DIGITS for char in numerals):
        return int("".join(str(DIGITS[char]) for char in numerals) or 0)
    total = digit = 0
    for char in numerals:
        if char in DIGITS:
            digit = DIGITS[char]
        else:
            total += (digit or 1) * _UNITS[char]
            digit = 0
    return total + digit
