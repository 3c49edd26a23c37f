"""Whether a question that a model has written can be asked, and whether an answer came back."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass

from mmrag.benchmark.accepted import holds, holds_words, tokens

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
_OBJECT = re.compile(r"\{.*\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Draft:
    """A question with its answer, as a model wrote them."""

    question: str
    answer: str


def read_draft(said: str) -> Draft | None:
    """The draft in what a model said: a JSON object with ``question`` and ``answer``."""
    found = _OBJECT.search(said)
    try:
        fields = json.loads(found[0]) if found else None
    except ValueError:
        return None
    if not isinstance(fields, dict):
        return None
    question, answer = fields.get("question"), fields.get("answer")
    if isinstance(answer, int | float) and not isinstance(answer, bool):
        answer = str(answer)
    if not isinstance(question, str) or not isinstance(answer, str):
        return None
    return Draft(" ".join(question.split()), " ".join(answer.split()))


def fault_of(draft: Draft) -> str:
    """Why nobody could be asked this, in a few words; empty for a good one."""
    if not tokens(draft.answer) or len(draft.answer) > _LONGEST_ANSWER:
        return "no short answer"
    if len(tokens(draft.question)) < _FEWEST_TOKENS or len(draft.question) > _LONGEST_QUESTION:
        return "no question of usual length"
    if _POINTS.search(draft.question):
        return "points at what the asker does not see"
    if holds(draft.question, (draft.answer,)):
        return "holds its answer"
    return ""


def agree(given: str, wanted: str) -> bool:
    """Whether two short answers say the same: one holds the other, or most of their words are common."""
    if tokens(given) == tokens(NONE):
        return False
    if holds(given, (wanted,)) or holds_words(given, (wanted,)) or holds(wanted, (given,)):
        return True
    first, second = Counter(tokens(given)), Counter(tokens(wanted))
    common = (first & second).total()
    return bool(common) and 2 * common / (first.total() + second.total()) >= _ENOUGH
