"""What kind of thing a question asks for, and whether a passage holds one.

A small answer-type taxonomy as in Li & Roth 2002, "Learning question classifiers", cut down to what can
be told from the surface: a number, a date, a name, a place, a reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum

from mmrag.types import Kind


class Wanted(StrEnum):
    """What an answer should hold."""

    NUMBER = "number"
    DATE = "date"
    NAME = "name"
    PLACE = "place"
    REASON = "reason"


_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORDS = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|"
    r"thousand|million|half|third|quarter|twice|tenfold|deux|trois|quatre|cinq|sept|huit|neuf|dix|cent|mille)\b"
    r"|[一二三四五六七八九十百千万两半][个年月日米次台座项种倍条人名位家件元岁分小时]"
    r"|[一二三四五六七八九两][十百千万亿]|百分之[一二三四五六七八九十百零]",
    re.IGNORECASE,
)
_ASKS: tuple[tuple[Wanted, str], ...] = (
    (Wanted.DATE, r"\bwhen\b|\bwh(?:at|ich) (?:year|date|day|month)|\bquand\b|quelle (?:année|date)"),
    (Wanted.DATE, r"哪一?年|何时|什么时候|哪一?天|几月|几号|几点|什么时间"),
    (Wanted.NUMBER, r"\bhow (?:many|much|long|high|far|large|big|tall|often|old|wide|deep|fast|heavy)\b"),
    (Wanted.NUMBER, r"\b(?:percent(?:age)?|fraction|share|number|count|value|voltage|angle|radius)\b"),
    (Wanted.NUMBER, r"\b(?:size|height|width|age|price|cost|temperature|rate|ratio|score|degrees?)\b"),
    (Wanted.NUMBER, r"\bcombien\b|\bquel(?:le)? (?:nombre|pourcentage|taille|prix)"),
    (Wanted.NUMBER, r"多少|几[个度次米台座种年名人位]|多[大高长远宽深重快]|第几|比例|百分"),
    (Wanted.NAME, r"\bwho(?:se|m)?\b|\bqui (?:a|est|sont|ont|était|fut)\b|谁|哪位|何人"),
    (Wanted.PLACE, r"\bwhere\b|\bwh(?:at|ich) (?:city|town|country|place)|\boù\b"),
    (Wanted.PLACE, r"哪里|哪儿|何处|什么地方|哪国|哪[个座些]?(?:城市|国家|地[方区点])"),
    (Wanted.REASON, r"\bwhy\b|\bpourquoi\b|为什么|为何|什么原因"),
)
_PATTERNS = tuple((wanted, re.compile(pattern, re.IGNORECASE)) for wanted, pattern in _ASKS)
_LABEL = re.compile(
    r"\b(?:fig(?:ure|\.)?|tab(?:le|leau|\.)?|sec(?:tion|\.)?|chapter|page)s?\s*\d+(?:[.:]\d+)*[.:]?|[图表]\s*\d+：?|第\s*\d+\s*[章节页]",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1[5-9]|20)\d\d\b|\b\d{1,2}[:h]\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b"
    r"|\b(?:January|February|March|April|June|July|August|September|October|November|December|"
    r"janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    r"Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)\b|\d\s?[年月日时]"
    # The month, not the verb that begins a sentence, nor a surname.
    r"|\b(?:in|of|by|since|until|from|to|last|next|early|late|\d{1,2}(?:st|nd|rd|th)?) May\b|\bMay(?=,? \d)"
    r"|[〇零一二三四五六七八九]{4}年|[一二三四五六七八九十]{1,3}[月日]"
)
_NAME = re.compile(r"\b[A-ZÀ-Þ][\w'’-]+\s+(?:[A-ZÀ-Þ][\w.'’-]*\s+){0,2}[A-ZÀ-Þ][\w'’-]+|[\u4e00-\u9fff]")
_PLACE = re.compile(
    r"\b(?:in|at|on|near|from|au|à|en|dans)\s+(?:the\s+|la\s+|le\s+)?[A-ZÀ-Þ]\w+|[\u4e00-\u9fff]"
)
_REASON = re.compile(
    r"\b(?:because|since|due|owing|reason|difficult\w*|so that|therefore|car|parce)\b|因为|由于|所以|原因",
    re.IGNORECASE,
)


_NAMES_KIND = (
    (
        Kind.FIGURE,
        r"\b(?:figure|picture|plot|diagram|chart|graph|drawing|photo\w*|image|map|curve|screen\w*|histogram|"
        r"sketch|cutaway|cross-section|illustration|axis)s?\b|示意图|那张图|图[中里上片]|图\s*\d|曲线|照片|画面",
    ),
    (Kind.TABLE, r"\b(?:table|row|column|listed)s?\b|\btableau\b|表格|表[中里]|(?<!代)表\s*\d|[一哪]行"),
)
_KINDS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _NAMES_KIND)


def named_kinds(question: str) -> frozenset[Kind]:
    """Kinds of elements that the question itself speaks of: figures, tables."""
    return frozenset(kind for kind, pattern in _KINDS if pattern.search(question))


def wanted(question: str) -> frozenset[Wanted]:
    """What the question asks for; empty if its words do not say."""
    return frozenset(kind for kind, pattern in _PATTERNS if pattern.search(question))


def holds(kinds: frozenset[Wanted], question: str, text: str) -> float:
    """Share, 0..1, of ``kinds`` that ``text`` holds one of; 0 for no kinds.

    A number that stands in the question itself, or in a label ("Figure 3"), does not count as its answer.
    """
    if not kinds:
        return 0.0
    asked = set(_NUMBER.findall(question))
    text = _LABEL.sub("", text)
    tests: dict[Wanted, Callable[[], bool]] = {
        Wanted.NUMBER: lambda: bool(set(_NUMBER.findall(text)) - asked or _NUMBER_WORDS.search(text)),
        Wanted.DATE: lambda: any(match not in asked for match in _DATE.findall(text)),
        Wanted.NAME: lambda: _NAME.search(text) is not None,
        Wanted.PLACE: lambda: _PLACE.search(text) is not None,
        Wanted.REASON: lambda: _REASON.search(text) is not None,
    }
    return sum(tests[kind]() for kind in kinds) / len(kinds)
