"""Which scripts a text is written in, and which language it is likely to be."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import lru_cache

from mmrag.text.stopwords import FUNCTION_WORDS

READABLE = 0.8
"""Share of a text's letters that an encoder must know to be asked about it; below, it guesses."""

# First and last code point of each stretch of letters, with its ISO 15924 code. "Zyyy" is common to all
# scripts (mathematical letters and the like) and is not counted.
_RANGES: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latn"),
    (0x0250, 0x02AF, "Latn"),
    (0x02B0, 0x036F, "Zyyy"),
    (0x0370, 0x03FF, "Grek"),
    (0x0400, 0x052F, "Cyrl"),
    (0x0530, 0x058F, "Armn"),
    (0x0590, 0x05FF, "Hebr"),
    (0x0600, 0x06FF, "Arab"),
    (0x0750, 0x077F, "Arab"),
    (0x08A0, 0x08FF, "Arab"),
    (0x0900, 0x097F, "Deva"),
    (0x0980, 0x09FF, "Beng"),
    (0x0A00, 0x0A7F, "Guru"),
    (0x0A80, 0x0AFF, "Gujr"),
    (0x0B80, 0x0BFF, "Taml"),
    (0x0C00, 0x0C7F, "Telu"),
    (0x0C80, 0x0CFF, "Knda"),
    (0x0D00, 0x0D7F, "Mlym"),
    (0x0D80, 0x0DFF, "Sinh"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Laoo"),
    (0x0F00, 0x0FFF, "Tibt"),
    (0x1000, 0x109F, "Mymr"),
    (0x10A0, 0x10FF, "Geor"),
    (0x1100, 0x11FF, "Hang"),
    (0x1200, 0x139F, "Ethi"),
    (0x1780, 0x17FF, "Khmr"),
    (0x1800, 0x18AF, "Mong"),
    (0x1D00, 0x1D25, "Latn"),
    (0x1E00, 0x1EFF, "Latn"),
    (0x1F00, 0x1FFF, "Grek"),
    (0x2070, 0x214F, "Zyyy"),
    (0x2C60, 0x2C7F, "Latn"),
    (0x2DE0, 0x2DFF, "Cyrl"),
    (0x2E80, 0x2FDF, "Hani"),
    (0x3005, 0x3007, "Hani"),
    (0x3040, 0x309F, "Hira"),
    (0x30A0, 0x30FF, "Kana"),
    (0x3130, 0x318F, "Hang"),
    (0x31F0, 0x31FF, "Kana"),
    (0x3400, 0x4DBF, "Hani"),
    (0x4E00, 0x9FFF, "Hani"),
    (0xA720, 0xA7FF, "Latn"),
    (0xAC00, 0xD7FF, "Hang"),
    (0xF900, 0xFAFF, "Hani"),
    (0xFB00, 0xFB06, "Latn"),
    (0xFB1D, 0xFB4F, "Hebr"),
    (0xFB50, 0xFDFF, "Arab"),
    (0xFE70, 0xFEFC, "Arab"),
    (0xFF21, 0xFF5A, "Latn"),
    (0xFF66, 0xFF9F, "Kana"),
    (0xFFA0, 0xFFDC, "Hang"),
    (0x1D400, 0x1D7FF, "Zyyy"),
    (0x20000, 0x3FFFF, "Hani"),
)
_STARTS = [first for first, _, _ in _RANGES]
_LANGUAGE_OF_SCRIPT = {
    "Hani": "zh",
    "Hira": "ja",
    "Kana": "ja",
    "Hang": "ko",
    "Cyrl": "ru",
    "Grek": "el",
    "Arab": "ar",
    "Hebr": "he",
    "Thai": "th",
    "Deva": "hi",
}
# One ideograph or syllable says as much as about three letters, so that a Chinese question full of
# Latin identifiers still counts as Chinese.
_LETTERS_WORTH = {"Hani": 3.0, "Hang": 2.0, "Hira": 2.0, "Kana": 2.0}
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_LETTER = re.compile("[A-Za-z]")


_LANGUAGES_OF_WORD = {
    word: tuple(code for code, others in FUNCTION_WORDS.items() if word in others)
    for words in FUNCTION_WORDS.values()
    for word in words
}


@lru_cache(maxsize=4096)
def script(char: str) -> str:
    """ISO 15924 code of a letter's script; ``Zyyy`` if common to all scripts, ``Zzzz`` if unknown."""
    if not char.isalpha():
        return "Zyyy"
    code = ord(char)
    _, last, name = _RANGES[bisect_right(_STARTS, code) - 1]
    return name if code <= last else "Zzzz"


def is_cjk(char: str) -> bool:
    """Whether ``char`` is an ideograph, kana, or punctuation of their width: written without spaces."""
    return (
        "\u2e80" <= char <= "\u30ff"
        or "\u3400" <= char <= "\u9fff"
        or "\uf900" <= char <= "\ufaff"
        or "\ufe30" <= char <= "\ufe4f"
        or "\uff00" <= char <= "\uff65"
        or char >= "\U00020000"
    )


def script_shares(text: str) -> dict[str, float]:
    """Share of each script among the letters of ``text``, by ISO 15924 code; sums to 1, or empty.

    Digits, punctuation and letters common to all scripts (mathematical ones) do not count.
    """
    if text.isascii():
        return {"Latn": 1.0} if _ASCII_LETTER.search(text) else {}
    counts: Counter[str] = Counter()
    for char, times in Counter(text).items():
        counts[script(char)] += times
    del counts["Zyyy"]
    total = counts.total()
    return {name: times / total for name, times in counts.items()} if total else {}


def readable_share(text: str, scripts: frozenset[str] | None) -> float:
    """Share, 0..1, of the letters of ``text`` that are of ``scripts``; 1 if it has none or all are read.

    Args:
        text: any text.
        scripts: ISO 15924 codes, or ``None`` for every script.
    """
    if scripts is None:
        return 1.0
    shares = script_shares(text)
    return sum(share for name, share in shares.items() if name in scripts) if shares else 1.0


def language(text: str) -> str:
    """ISO 639-1 code of the likeliest language of ``text``; empty if nothing speaks for one.

    By script for Chinese, Japanese, Korean, Russian and some more; by counting function words for
    English, French, German, Spanish, Italian, Portuguese and Dutch.
    """
    if text.isascii():
        return _by_function_words(text)
    weights = {name: share * _LETTERS_WORTH.get(name, 1.0) for name, share in script_shares(text).items()}
    if not weights:
        return ""
    kana = weights.get("Hira", 0.0) + weights.get("Kana", 0.0)
    ideographs = weights.get("Hani", 0.0)
    if kana + ideographs >= sum(weights.values()) / 2:
        # Japanese prose is at least a quarter kana; a Chinese text may hold a kana name.
        return "ja" if kana > 0.15 * (kana + ideographs) else "zh"
    leading = max(weights, key=lambda name: weights[name])
    return _by_function_words(text) if leading == "Latn" else _LANGUAGE_OF_SCRIPT.get(leading, "")


def _by_function_words(text: str) -> str:
    counts: dict[str, int] = {}
    for word in _WORD.findall(text.casefold()):
        for code in _LANGUAGES_OF_WORD.get(word, ()):
            counts[code] = counts.get(code, 0) + 1
    most = max(counts.values(), default=0)
    leading = [code for code, count in counts.items() if count == most]
    return leading[0] if len(leading) == 1 else ""
