"""Whether a question of a conversation leans on the one before it."""

from __future__ import annotations

import re

from mmrag.text.terms import query_terms

_BEGINS = re.compile(
    r"\s*(?:and|but|so|then|what about|how about|et|mais|und|aber|y|pero"
    r"|(?:那么?|还有|以及|另外|再|其中|然后))(?:\b|(?<=[\u4e00-\u9fff]))",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|they|them|theirs?|he|him|his|she|hers?|that one|this one|these|those|there(?=\W*$)|the same"
    r"|the (?:former|latter|first|second|last|other) one|ils?|elles?|celui-ci|celle-ci|sie|ihr"
    r"|dies(?:e[mnrs]?)?)\b"
    r"|[它她他]们?|这[个些里]|那[个些里]|前者|后者|同样|该",
    re.IGNORECASE,
)


def leans_on(question: str) -> bool:
    """Whether ``question`` is likely to mean something else without what was said before.

    It is where it begins with a word that goes on, points back with a pronoun, or has no word of its own,
    numbers aside. English, Chinese, French, German and Spanish; a rule of thumb for generators without a
    language model.
    """
    return bool(
        _BEGINS.match(question)
        or _POINTS_BACK.search(question)
        or all(term.isdecimal() for term in query_terms(question))
    )
