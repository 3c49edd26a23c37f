"""What a language model says of a picture is checked: empty answers, refusals, and loops.

A model that decodes greedily may fall into repeating itself until its token limit (Holtzman et al. 2020,
"The curious case of neural text degeneration"). What stands before the loop is kept.
"""

from __future__ import annotations

import re
from dataclasses import replace

from mmrag.captioners.base import Description
from mmrag.errors import ModelError
from mmrag.text import normalise, sentences

SOUNDNESS_VERSION = "sound:2"
"""Changes whenever `sound` would leave something else of the same description."""

_UNABLE = r"(?:can(?:no|')?t|can not|am (?:un|not )able to|'m (?:un|not )able to|won't|will not|do not|don't)"
_DEEDS = (
    r"(?:assist|help|describe|identify|provide|comply|view|see|process|analy[sz]e|fulfill?|answer|do that"
    r"|read|have (?:\w+ ){0,3}(?:access|abilit(?:y|ies)|capabilit(?:y|ies)|permission|images?|pictures?)"
    r"|access|open|display)"
)
_DEEDS_ZH = "(?:协助|協助|帮助|幫助|提供|描述|识别|識別|查看|看到|回答|处理|處理|满足|滿足|分析|访问|訪問)"
_REFUSAL = re.compile(
    "|".join(
        (
            r"(?:I'm|I am|we're|we are) (?:\w+ )?sorry\b|sorry,|my apologies|I apologi[sz]e\b",
            r"as an? (?:AI|language model)\b",
            rf"(?:unfortunately,? )?(?:I|we) ?{_UNABLE} (?:\w+ )?{_DEEDS}\b",
            r"(?:非常|很|十分|实在|真的|我很)?(?:抱歉|对不起|對不起|不好意思|遗憾|遺憾)",
            r"(?:作为|作為|我是)(?:一个|一個|一名)?(?:AI|人工智能|人工智慧|语言模型|語言模型|大模型)",
            rf"我?(?:目前|暂时|暫時)?(?:无法|無法|不能|没办法|沒辦法|没法)(?:直接)?{_DEEDS_ZH}",
            r"es tut mir leid|je suis désolée?|lo siento|申し訳|죄송",
        )
    ),
    re.IGNORECASE,
)
# What follows a refusal: an offer or a request to whoever reads, nothing about the picture.
_OFFER = re.compile(
    r"\b(?:you|your|please|let me know|feel free|I can (?:help|assist)|I'd be happy)\b|请|請|您|你",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"[\u2e80-\u2fff\u3005-\u9fff\uf900-\ufaff]|[^\W_]+|[^\w\s|:.,;、。，；：-]")
_LONGEST_UNIT = 80  # tokens of the longest phrase whose repetition is looked for
_TIMES = 4  # a phrase said so often in a row is a loop
_SOUND = 3  # distinct tokens that must be left of a text that held a loop
_LEAST_IN_PROSE, _LEAST_IN_DATA = 8, 40  # tokens of a loop; charts do say 0 0 0 0


def sound(description: Description) -> Description:
    """The description without loops and refusals, and without control characters.

    Raises:
        ModelError: if nothing is left of it.
    """
    parts = [
        normalise(part).strip()
        for part in (description.description, description.visible_text, description.data)
    ]
    if not any(parts):
        raise ModelError("the captioner answered with nothing")
    told = without_refusal(parts[0])
    clean = (
        without_loops(told, _LEAST_IN_PROSE),
        without_loops(parts[1], _LEAST_IN_DATA),
        without_loops(parts[2], _LEAST_IN_DATA),
    )
    if not any(clean):
        if parts[0] and not told:
            raise ModelError(f"the captioner refused: {_shortened(parts[0])}")
        raise ModelError(f"the captioner only repeats itself: {_shortened(next(filter(None, parts)))}")
    return replace(description, description=clean[0], visible_text=clean[1], data=clean[2])


def without_refusal(text: str) -> str:
    """``text``, if it begins with a refusal, without it and without the offers that go with it."""
    if not _REFUSAL.match(_plain(text)):
        return text
    pieces = [text[start:end] for start, end in sentences(text)]
    kept = [piece for piece in pieces if not _REFUSAL.search(_plain(piece)) and not _OFFER.search(piece)]
    return " ".join(kept)


def without_loops(text: str, least: int = _LEAST_IN_PROSE) -> str:
    """``text`` with each phrase that is said four times in a row or more said once.

    Args:
        text: any text.
        least: tokens (words, or single ideographs) that a loop spans at least.

    Returns:
        The text; nothing, if hardly anything but the loop is in it.
    """
    spans = [match.span() for match in _TOKEN.finditer(text)]
    tokens = [text[start:end].casefold() for start, end in spans]
    cuts = _loops(tokens, least)
    if not cuts:
        return text
    kept, position = [], 0
    for first, beyond in cuts:
        kept.append(text[position : spans[first - 1][1]])
        position = spans[beyond - 1][1]
    kept.append(text[position:])
    left = "".join(kept).strip()
    return left if len({match.group().casefold() for match in _TOKEN.finditer(left)}) >= _SOUND else ""


def _loops(tokens: list[str], least: int) -> list[tuple[int, int]]:
    """Spans ``(first, beyond)`` of the tokens that repeat what stands before them, in order, apart."""
    cuts: list[tuple[int, int]] = []
    start = 0
    while start < len(tokens):
        beyond = 0
        for unit in range(1, min(_LONGEST_UNIT, (len(tokens) - start) // _TIMES) + 1):
            end = start + unit
            while end < len(tokens) and tokens[end] == tokens[end - unit]:
                end += 1
            if end - start >= max(_TIMES * unit, least):
                cuts.append((start + unit, end))
                beyond = end
                break
        start = beyond or start + 1
    return cuts


def _plain(text: str) -> str:
    return text.lstrip(" \t\n\"'“‘*").replace("’", "'")


def _shortened(text: str, most: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[:most].rstrip()} …"
