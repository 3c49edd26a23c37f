"""A question as several texts to look for: itself, and the phrases of its content words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mmrag.text.script import is_cjk
from mmrag.text.stopwords import CJK_STOP_CHARACTERS, CJK_STOP_WORDS, STOP_WORDS

LENGTHS = (2, 4)
"""Words of a phrase."""

_CJK = "\u2e80-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(f"[{_CJK}]+|[^\\W{_CJK}]+(?:[-.,][^\\W{_CJK}]+)*")
_CLITIC = re.compile(r"['’](?:s|t|re|ve|ll|d|m)\b|\b(?:[cdjlmnst]|qu)['’](?=\w)", re.IGNORECASE)
_CJK_CUT = re.compile("|".join([*CJK_STOP_WORDS, f"[{re.escape(''.join(sorted(CJK_STOP_CHARACTERS)))}]"]))


def phrases(question: str, lengths: Sequence[int] = LENGTHS) -> list[str]:
    """All stretches of two and of four content words of ``question``, each once, stop words left out.

    Fewer content words than that are one phrase. Between Chinese or Japanese stop words and characters,
    what stands together counts as one word.

    Args:
        question: in any language.
        lengths: of the phrases, in words.
    """
    words = list(_content(question))
    found = [
        _joined(words[start : start + length])
        for length in lengths
        for start in range(max(min(1, len(words)), len(words) - length + 1))
    ]
    return list(dict.fromkeys(found))


def looked_for(question: str) -> list[str]:
    """``question`` and its phrases; the question so often that it weighs as much as all phrases together."""
    parts = phrases(question)
    return [question] * max(1, len(parts)) + parts


def _content(question: str) -> Iterator[str]:
    for found in _WORD.finditer(_CLITIC.sub(" ", question)):
        word = found.group()
        if is_cjk(word[0]):
            yield from filter(None, _CJK_CUT.split(word))
        elif word.casefold() not in STOP_WORDS:
            yield word


def _joined(words: Sequence[str]) -> str:
    text = words[0]
    for word in words[1:]:
        text += word if is_cjk(text[-1]) and is_cjk(word[0]) else f" {word}"
    return text
