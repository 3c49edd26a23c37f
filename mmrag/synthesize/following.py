"""Whether a question of a conversation leans on the one before it."""

from __future__ import annotations

import re

from mmrag.text.terms import query_terms

_BEGINS = re.compile(
    r"\s*(?:and|but|so|then|what about|how about|et|mais|und|aber|y|pero"
    r"|(?:那么?|还有|以及|另外|再(?=[说问讲来，,])|其中|然后))(?:\b|(?<=[\u4e00-\u9fff]))",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|theirs?|he|him|his|she|hers?|that one|this one|these|those|there(?=\W*$)|the same"
    r"|the (?:former|latter|first|second|last|other) one|ils?|elles?|celui-ci|celle-ci|sie|ihr"
    r"|dies(?:e[mnrs]?)?)\b"
    # 其他 is "other", 吉他 a guitar; 应该 and 该如何 are "should"
    r"|(?<![其吉])他们?|(?<!其)[它她]们?|这[个些里]|那[个些里]|前者|后者|同样|(?<![应活本])该(?!如何|怎|不)",
    re.IGNORECASE,
)
_POLITE = frozenset({"Sie", "Ihr"})


def leans_on(question: str) -> bool:
    """Whether ``question`` is likely to mean something else without what was said before.

    It is where it begins with a word that goes on, points back with a pronoun, or has no word of its own,
    numbers aside. English, Chinese, French, German and Spanish; a rule of thumb for generators without a
    language model.
    """
    return bool(
        _BEGINS.match(question)
        or any(_is_pronoun(match, question) for match in _POINTS_BACK.finditer(question))
        or all(term.isdecimal() for term in query_terms(question))
    )


def _is_pronoun(match: re.Match[str], question: str) -> bool:
    """Not IT as in IT budget, nor the German Sie or Ihr that, within a sentence, speaks to the listener."""
    word, before = match.group(), question[: match.start()].rstrip()
    if word in _POLITE:
        return not before or before[-1] in ".!?…"
    return not (len(word) > 1 and word.isascii() and word.isupper()) or question.isupper()
