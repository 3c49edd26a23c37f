"""What word search (BM25) indexes and looks up.

Documents and queries go through the same function, and a term never depends on the words beside it:
one stemmer (English Snowball, Porter2) and one stop list serve all languages in Latin script. A stemmer
chosen by the language of the text would give a three-word query, whose language nobody can tell, other
terms than the page it should find.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from mmrag.text.normalise import normalise
from mmrag.text.stopwords import ACRONYMS, CJK_STOP_CHARACTERS, CJK_STOP_WORDS, STOP_WORDS

# Scripts written without spaces between words, and Hangul, whose words carry their particles.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf"
    "\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
# Indian vowel signs are marks, which \w leaves out, and words would fall apart at each of them.
_IN_WORD = f"(?:[^\\W{_UNSPACED}]|[\u0900-\u0dff])"
_GROUPED = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?"
# Atomic: a number that runs into a letter is not torn into shorter ones, and stands beside ideographs.
_NUMBER = (
    f"(?<!{_IN_WORD})(?<![.)\\]])[-−–]?(?>{_GROUPED}|\\.?\\d+(?:\\.\\d+)*(?:[eE][-+]?\\d+)?)(?!{_IN_WORD})"
)
_MEASURE = f"(?<!{_IN_WORD})(?<![.)\\]])(?:{_GROUPED}|\\d+\\.\\d+)(?=[^\\W\\d_{_UNSPACED}]){_IN_WORD}+"
_ELISION = r"\b(?:[cdjlmnstCDJLMNST]|[qQ]u)['’](?=\w)"
_CONTRACTION = r"['’](?:s|t|re|ve|ll|d|m|S)\b"
_TOKEN = re.compile(
    f"[{_UNSPACED}]+|{_NUMBER}|{_MEASURE}|{_ELISION}|{_CONTRACTION}|{_IN_WORD}+(?:\\.{_IN_WORD}+)*"
)
_WHOLE_NUMBER = re.compile(_NUMBER)
_WHOLE_MEASURE = re.compile(f"({_GROUPED}|\\d+\\.\\d+)([^\\W\\d].*)")
_UNSPACED_START = re.compile(f"[{_UNSPACED}]")
_PARTS = re.compile(r"[._]+|(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z]{2})")
_LEADING_FIGURES = re.compile(r"(\d+)([^\W\d_]+)$")
_CJK_STOPS = re.compile("|".join(CJK_STOP_WORDS))
# Marks of Latin, Greek, Cyrillic, Hebrew and Arabic: é and e, ё and е, are the same to a searcher.
_MARKS = {code: None for marks in ((0x300, 0x370), (0x591, 0x5C8), (0x64B, 0x660)) for code in range(*marks)}
_FOLDED = _MARKS | str.maketrans(
    {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE"}
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_CACHE = 1 << 17

TERMS_VERSION = "terms-2"
"""Part of an index's fingerprint: a change of what `terms` gives makes it another."""


def terms(text: str) -> list[str]:
    """Terms of ``text`` in the order they stand, repeated as often as they occur; without white space.

    Words are case-folded, freed of accents and stemmed; stop words are left out. Numbers stay whole, a
    negative one is also given without its sign, one with a unit (``2.4GHz``) whole and in its two parts, the
    unit stemmed. Identifiers are given whole and in parts (``labeling_list``,
    ``label``, ``list``). Chinese, Japanese, Korean and Thai are given as single characters and as pairs.
    """
    found: list[str] = []
    for token in _TOKEN.findall(_fold(text)):
        found += _terms_of(token)
    return found


def query_terms(text: str) -> list[str]:
    """The terms of a query: those of `terms`, each once, in the order of their first occurrence."""
    return list(dict.fromkeys(terms(text)))


def _fold(text: str) -> str:
    if text.isascii() and not _CONTROL.search(text):
        return text
    decomposed = unicodedata.normalize("NFD", normalise(text)).translate(_FOLDED)
    return unicodedata.normalize("NFC", decomposed)


@lru_cache(maxsize=_CACHE)
def _terms_of(token: str) -> tuple[str, ...]:
    if not (token.isascii() and token.isalpha()):
        other = _of_no_plain_word(token)
        if other is not None:
            return other
    return tuple(dict.fromkeys(term for term in _word(token) if term))


def _of_no_plain_word(token: str) -> tuple[str, ...] | None:
    """Terms of a token in an unspaced script, of an elision, a number or a measure; ``None`` of others."""
    if _UNSPACED_START.match(token):
        return tuple(_pairs(token))
    if token[0] in "'’" or token[-1] in "'’":
        return ()
    if _WHOLE_NUMBER.fullmatch(token):
        return _number(token)
    measure = _WHOLE_MEASURE.fullmatch(token)
    if measure:
        return tuple(dict.fromkeys(_measure(*measure.groups())))
    return None


def _pairs(run: str) -> Iterator[str]:
    for piece in _CJK_STOPS.split(run):
        yield from (char for char in piece if char not in CJK_STOP_CHARACTERS)
        yield from (piece[i : i + 2] for i in range(len(piece) - 1))


def _number(token: str) -> tuple[str, ...]:
    digits = token.lstrip("-−–").replace(",", "")
    if digits.startswith("."):
        digits = f"0{digits}"
    return (digits,) if token[0].isdigit() or token[0] == "." else (f"-{digits}", digits)


def _measure(figures: str, unit: str) -> Iterator[str]:
    figures, unit = figures.replace(",", ""), unit.casefold()
    yield f"{figures}{unit}"
    yield figures
    if unit not in STOP_WORDS:
        yield _stem(unit)


def _word(token: str) -> Iterator[str]:
    parts = [part for part in _PARTS.split(token) if part]
    if len(parts) > 1 and all(len(part) == 1 for part in parts) and "." in token:
        parts = ["".join(parts)]  # U.S.A. is written USA too
        token = parts[0]
    if parts and token != parts[0]:
        yield _stem(token.casefold()) if token.isalpha() else token.casefold()
    for part in parts:
        folded = part.casefold()
        if folded in STOP_WORDS and part not in ACRONYMS:
            continue
        yield _stem(folded)
        figures = _LEADING_FIGURES.match(folded)
        if figures:
            yield from _measure(*figures.groups())


@lru_cache(maxsize=_CACHE)
def _stem(word: str) -> str:
    if not word.isascii() or not word.isalpha():
        return word
    # The stemmer keeps the word at hand in itself, so two threads must not use it at once.
    with _STEMMER_LOCK:
        stemmed: str = _stemmer().stemWord(word)
    return stemmed


_STEMMER_LOCK = threading.Lock()


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")
