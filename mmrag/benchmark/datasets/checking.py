"""Whether a question that a model has written can be asked, and whether an answer came back."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mmrag.benchmark.accepted import holds, holds_words, tokens
from mmrag.text.script import is_cjk, language

NONE = "NONE"
"""What a model is to say where it can't answer."""

_LONGEST_QUESTION, _LONGEST_ANSWER = 400, 200  # characters
_FEWEST_TOKENS = 4
_ENOUGH = 0.6
"""Share of common words (F1: Rajpurkar et al. 2016, "SQuAD") from which two answers say the same."""

_THING = (
    r"(?:figures?|tables?|images?|pictures?|diagrams?|charts?|plots?|graphs?|photos?|screenshots?|illustrations?|"
    r"pages?|documents?|texts?|passages?|excerpts?|sections?|paragraphs?|captions?|tableau|texte|extrait|"
    r"abbildung|tabelle|auszug|abschnitt)"
)
_WHICH = (
    r"(?:above|below|following|given|provided|shown|attached|accompanying|first|second|left|right|upper|lower|"
    r"top|bottom|bar|line|pie|flow|box)"
)
_POINTS = re.compile(
    rf"\b(?:this|these|that|the|above|following|given|provided|ce|cette|le|la|diese[rms]?|der|die|das)"
    rf"\s+(?:{_WHICH}\s+)*{_THING}\b(?!\s+of\b)"
    rf"|\b(?:figure|fig\.|table|tab\.|abbildung|tabelle)\s*\d"
    r"|[这此该本上下][一个张幅段]{0,2}(?:图|表|文|页|节|段|圖|頁)|(?:图|表|文|页)[中里内]|(?:图|表)\s*\d",
    re.IGNORECASE,
)
_COPIED, _FEWEST_COPIED = 0.7, 8.0
"""Share of a question, and words of it, that may stand in the excerpt in the same order without a gap."""

_NO_ANSWER = {"none", "na", "null", "unknown", "notspecified", "notstated", "notmentioned", "notgiven"}
_GUESSED = {"yes", "no", "true", "false", "ja", "nein", "oui", "non", "是", "不是", "否", "对"}


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with its answer, as a model wrote them."""

    question: str
    answer: str


def read_draft(said: str) -> Draft | None:
    """The draft in what a model said: the first JSON object with ``question`` and ``answer``, both texts."""
    decoder = json.JSONDecoder()
    for found in re.finditer(r"\{", said):
        try:
            fields, _ = decoder.raw_decode(said, found.start())
        except (ValueError, RecursionError):
            continue
        question, answer = _text(fields.get("question")), _text(fields.get("answer"))
        if question and answer is not None:
            return Draft(question, answer)
    return None


def _text(value: Any) -> str | None:
    """A text or a number in one line; ``None`` for anything else, and for letters that no file can hold."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or _is_broken(value):
        return None
    return " ".join(value.split())


def _is_broken(text: str) -> bool:
    """Whether it holds one half of a pair of surrogates, as JSON can name it."""
    return any("\ud800" <= char <= "\udfff" for char in text)


def fault_of(draft: Draft) -> str:
    """Why nobody could be asked this, in a few words; empty for a good one."""
    words = "".join(tokens(draft.answer))
    if not words or words in _NO_ANSWER or len(draft.answer) > _LONGEST_ANSWER:
        return "no short answer"
    if words in _GUESSED:
        return "can be guessed"
    if len(tokens(draft.question)) < _FEWEST_TOKENS or len(draft.question) > _LONGEST_QUESTION:
        return "no question of usual length"
    if _POINTS.search(draft.question):
        return "points at what the asker does not see"
    if holds(draft.question, (draft.answer,)):
        return "holds its answer"
    return ""


def fault_beside(draft: Draft, excerpt: str, prose: str, others: Iterable[str]) -> str:
    """What is wrong with a question beside what it is about, and beside those that there are.

    Args:
        draft: a question that has no fault by itself.
        excerpt: what it is about. prose: of its page.
        others: questions.
    """
    words = tokens(draft.question)
    if any(words == tokens(other) for other in others):
        return "asked before"
    copied = _longest_common(words, tokens(excerpt))
    if _weight(copied) >= _FEWEST_COPIED and len(copied) >= _COPIED * len(words):
        return "copies the text"
    asked, written = language(draft.question), language(prose)
    # A table has too few words to tell by, and a page may hold an excerpt of another language than its own.
    if asked and written and asked not in (written, language(excerpt)):
        return "in another language than the page"
    return ""


def _longest_common(first: list[str], second: list[str]) -> list[str]:
    """The longest run of tokens that both have."""
    longest, end, before = 0, 0, [0] * (len(second) + 1)
    for at, token in enumerate(first, 1):
        now = [0]
        now += [before[place] + 1 if token == other else 0 for place, other in enumerate(second)]
        if max(now) > longest:
            longest, end = max(now), at
        before = now
    return first[end - longest : end]


def _weight(words: list[str]) -> float:
    """How many words these are; two ideographs make one."""
    return sum(0.5 if is_cjk(word[0]) else 1.0 for word in words)


def agree(given: str, wanted: str) -> bool:
    """Whether two short answers say the same: one holds the other, or most of their words are common."""
    if tokens(given) == tokens(NONE):
        return False
    if holds(given, (wanted,)) or holds_words(given, (wanted,)) or holds(wanted, (given,)):
        return True
    first, second = Counter(tokens(given)), Counter(tokens(wanted))
    common = (first & second).total()
    return bool(common) and 2 * common / (first.total() + second.total()) >= _ENOUGH
