"""Whether an answer's sentences are borne out by what they cite.

What can be checked without a model is checked: numbers by value, quoted words letter by letter, and how many
of a sentence's words its sources hold. That finds invented numbers and wrong sources; it does not find that a
sentence says the opposite in the same words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import zip_longest

from mmrag.synthesize.checking.holding import Held, held, is_held
from mmrag.synthesize.checking.numbers import numbers
from mmrag.synthesize.claims import Claim, claims, quotations, without_markers
from mmrag.synthesize.stating import is_courtesy, says_unknown
from mmrag.text.normalise import letters_of
from mmrag.text.script import language
from mmrag.text.sentences import sentences
from mmrag.text.stopwords import CJK_STOP_CHARACTERS, FUNCTION_WORDS
from mmrag.text.tables import table_rows
from mmrag.text.terms import terms
from mmrag.types import Element, Flag, FlagKind, Kind

SUPPORTED = 0.35
"""Least share of a sentence's words that its sources hold: halfway between the sentences that are borne out
(from 0.47) and those that are not (up to 0.25) in the tuning half of the set of benchmarks/citations.py."""

FEWEST_WORDS = 3
"""A sentence of fewer words is too short for the share to mean anything."""

PROSE = 0.15
"""Least share of function words in running text; about a third is usual."""

_PLACE_NUMBER = re.compile(
    r"(?:\b(?:pages?|pp?\.|sources?|Seiten?|S\.|Quellen?|fuentes?)|第|来源|资料)\s*$", re.IGNORECASE
)
_PAGE_AFTER = re.compile(r"\s*[页頁]")
_GAP = re.compile(r"\s*(?:\.\.\.|…+|\[\s*(?:\.\.\.|…)\s*\])\s*")
_WEAK = CJK_STOP_CHARACTERS
_WORD = re.compile(r"[^\W\d_]")
_WORDS = re.compile(r"[^\W\d_]+")


class _Source:
    """What a source holds, each part found when it is first asked for; ``name`` is that of its document."""

    def __init__(self, text: str, name: str = "") -> None:
        self.text = text
        self._all = f"{name}\n{text}" if name else text

    @cached_property
    def numbers(self) -> Held:
        return held(self._all)

    @cached_property
    def letters(self) -> str:
        return letters_of(self._all)

    @cached_property
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self._all))

    @cached_property
    def language(self) -> str:
        """ISO 639-1 code; empty for tables, code and the like, whose few function words are met by chance."""
        code = language(self.text)
        words = _WORDS.findall(self.text.casefold())
        functional = sum(word in FUNCTION_WORDS.get(code, ()) for word in words)
        return "" if code in FUNCTION_WORDS and functional < PROSE * len(words) else code


def check(
    text: str, sources: Sequence[str], question: str = "", names: Sequence[str] = ()
) -> tuple[Flag, ...]:
    """What in an answer its sources do not bear out, in the order of the places.

    A number is found if a source cited in its sentence holds its value, or a value that is this number when
    rounded to the digits shown; numbers and quoted words that stand in the question need no source. A
    sentence that cites nothing is let pass if the markers at its block's end, or of the line that introduces
    it, bear it out. Sentences in another language than their sources are not compared word by word, nor those
    whose sources have fewer words than they. Headings, questions, introductions, courtesies, and sentences
    that say that something is not known need no citation.

    Args:
        text: the answer, with markers [1] to [n].
        sources: all the words of source [i + 1]: its text, its caption, the words in its picture.
        question: as asked.
        names: of the sources' documents, which an answer may give ("the report of 2025 says …").
    """
    known = [_Source(source, name) for source, name in zip_longest(sources, names, fillvalue="")]
    asked = _Source(question)
    bare = without_markers(text)
    of_all = language(bare)
    flags: list[Flag] = []
    for claim in claims(text, len(sources)):
        tongue = _language(bare[claim.begin : claim.end], of_all)
        own = [known[number - 1] for number in claim.cited]
        if own:
            flags += _faults(text, bare, claim, own, asked, tongue)
        elif _needs_source(bare, claim, tongue):
            inherited = [known[number - 1] for number in claim.inherited]
            if not inherited or any(_faults(text, bare, claim, inherited, asked, tongue)):
                flags.append(Flag(FlagKind.UNCITED, text[claim.begin : claim.end], claim.begin, claim.end))
    return tuple(sorted(flags, key=lambda flag: (flag.begin, flag.end)))


def _language(sentence: str, of_all: str) -> str:
    """Of a sentence: by its script, or as the whole answer, since a few words in Latin letters say little."""
    of_sentence = language(sentence)
    by_script = {of_sentence, of_all} - FUNCTION_WORDS.keys()
    return of_sentence if by_script - {""} or not of_all else of_all


def _faults(
    text: str, bare: str, claim: Claim, cited: Sequence[_Source], asked: _Source, tongue: str
) -> Iterator[Flag]:
    quoted = [
        (begin, end)
        for begin, end in quotations(bare)
        if claim.begin <= begin < claim.end and not _quote_stands(bare[begin:end], [*cited, asked])
    ]
    for begin, end in quoted:
        yield Flag(FlagKind.QUOTE, text[begin:end], begin, end)
    for begin, end in _missing_numbers(bare, claim, cited, asked, tongue):
        if not any(first <= begin < last for first, last in quoted):
            yield Flag(FlagKind.NUMBER, text[begin:end], begin, end)
    if not _supported(_without(quoted, bare)[claim.begin : claim.end], cited, tongue):
        yield Flag(FlagKind.UNSUPPORTED, text[claim.begin : claim.end], claim.begin, claim.end)


def _missing_numbers(
    bare: str, claim: Claim, cited: Sequence[_Source], asked: _Source, tongue: str
) -> Iterator[tuple[int, int]]:
    # What is counted and then listed need not be counted in the source.
    lists = claim.introduces or ":" in bare[claim.begin : claim.end] or "：" in bare[claim.begin : claim.end]
    for number in numbers(bare[claim.begin : claim.end], tongue):
        begin, end = claim.begin + number.begin, claim.begin + number.end
        if number.written and lists:
            continue
        if _PLACE_NUMBER.search(bare[max(0, begin - 12) : begin]) and (
            bare[begin - 1] != "第" or _PAGE_AFTER.match(bare, end)
        ):
            continue
        if any(asked.numbers.states(reading, number.scale) for reading in number.readings):
            continue
        if not any(is_held(number, source.numbers) for source in cited):
            yield begin, end


def _quote_stands(quote: str, sources: Sequence[_Source]) -> bool:
    parts = [letters for part in _GAP.split(quote) if (letters := letters_of(part))]
    return any(_in_order(parts, source.letters) for source in sources)


def _in_order(parts: Sequence[str], letters: str) -> bool:
    at = 0
    for part in parts:
        at = letters.find(part, at)
        if at < 0:
            return False
        at += len(part)
    return True


def _without(spans: Sequence[tuple[int, int]], text: str) -> str:
    for begin, end in spans:
        text = f"{text[:begin]}{' ' * (end - begin)}{text[end:]}"
    return text


def _supported(sentence: str, cited: Sequence[_Source], tongue: str) -> bool:
    readable = [source for source in cited if _WORD.search(source.text)]
    if not readable or says_unknown(sentence):
        return True
    if tongue and any(_is_foreign(source.language, tongue) for source in readable):
        return True
    words = _content(sentence, tongue)
    if len(words) < FEWEST_WORDS or len(words) > sum(len(source.terms) for source in readable):
        return True
    held_words = sum(any(word in source.terms for source in readable) for word in words)
    return held_words >= SUPPORTED * len(words)


def _is_foreign(source: str, tongue: str) -> bool:
    """Whether a source in one language has other words than a sentence in another.

    One whose language is not known is in Latin letters, or it would be known by its script.
    """
    return source != tongue and bool(source or tongue not in FUNCTION_WORDS)


def _content(sentence: str, tongue: str) -> list[str]:
    """Terms without numbers, which are checked by value; of Chinese only pairs, which are nearer to words."""
    words = _without([(number.begin, number.end) for number in numbers(sentence, tongue)], sentence)
    found = [term for term in dict.fromkeys(terms(words)) if _WORD.search(term)]
    return [term for term in found if term.isascii() or (len(term) > 1 and _WEAK.isdisjoint(term))]


def _needs_source(bare: str, claim: Claim, tongue: str) -> bool:
    sentence = bare[claim.begin : claim.end]
    if claim.introduces or sentence.rstrip("\"'”’»」)） ").endswith(("?", "？")):
        return False
    if says_unknown(sentence) or is_courtesy(sentence):
        return False
    return len(_content(sentence, tongue)) >= 2 or any(char.isdigit() for char in sentence)


def supporting_quote(sentence: str, element: Element) -> str:
    """The piece of an element that bears out an answer's sentence best, verbatim from its text or caption.

    A sentence of running text, a row of a table, a line of a figure's words, or the caption; the first of
    equally good ones. A number of the sentence counts as much as three words. Empty where the element has no
    words, or several pieces of which none has anything in common with the sentence.
    """
    wanted = set(terms(sentence))
    tongue = language(sentence)
    stated = numbers(sentence, tongue)

    def worth(piece: str) -> float:
        words = set(terms(piece))
        values = held(piece)
        shared = len(wanted & words) + 3 * sum(is_held(number, values) for number in stated)
        return shared / math.sqrt(len(words) + 10)

    pieces = list(_pieces(element))
    best = max(pieces, key=worth, default="")
    return "" if len(pieces) > 1 and not worth(best) else best


def _pieces(element: Element) -> Iterator[str]:
    if element.kind is Kind.TABLE:
        yield from (row.line for row in table_rows(element.text))
    else:
        yield from (element.text[begin:end] for begin, end in sentences(element.text))
    if element.caption.strip():
        yield element.caption.strip()
