"""Whether an answer holds an accepted variant: what people would take for the same."""

from __future__ import annotations

import re
import unicodedata

from mmrag.synthesize.checking.number_words import chinese_value

_CJK = "\u3040-\u30ff\u3400-\u9fff"
# Of a range no hyphen is a minus: 5-7, GPT-4, 5月-7月; behind other ideographs one is: 气温为-5度.
_MINUS = rf"(?<![^\W{_CJK}])(?<![.)\]%°-])(?<!\d[{_CJK}])(?<!\d[{_CJK}]{{2}})-(?=\.?\d)"
_TOKEN = re.compile(
    rf"(?:{_MINUS})?(?:\d+(?:\.\d+)?|(?<!\w)\.\d+)|[{_CJK}]|[^\W\d_{_CJK}]+|%|\+",
)
_WORDS = "zero one two three four five six seven eight nine ten eleven twelve"
_NUMBER_WORDS = {word: str(value) for value, word in enumerate(_WORDS.split(" "))}
_HEDGES = frozenset({"about", "roughly", "approximately", "around", "circa", "nearly", "约"})
_LINKS = frozenset({"a", "an", "the", "in", "of", "by", "vs", "versus", "against", "and"})
_SAME = {"percent": "%", "per": "", "deg": "degrees", "degree": "degrees"}
_IDEOGRAPHIC = re.compile("[〇零一二三四五六七八九十百千]+")
_VERSION = re.compile(r"\d+(?:\.\d+){2,}")


def holds(text: str, variants: tuple[str, ...]) -> bool:
    """Whether ``text`` holds at least one of the variants, all of whose parts (split at ``;``) are there.

    Case, white space and punctuation count for nothing, numbers count by value (``0.10`` is ``.1``), a
    word or number must be there as a whole, and the words of a part must stand together.
    """
    found = tokens(text)
    for variant in variants:
        parts = [part for part in variant.split(";") if part.strip()]
        if parts and all(_stands_in(part, found) for part in parts):
            return True
    return False


def holds_words(text: str, variants: tuple[str, ...]) -> bool:
    """Whether all words and numbers of at least one variant are in ``text``, in any order and place."""
    found = set(tokens(text))
    words = [set(tokens(variant)) - _HEDGES - _LINKS for variant in variants]
    return any(wanted and wanted <= found for wanted in words)


def _stands_in(part: str, found: list[str]) -> bool:
    wanted = [token for token in tokens(part) if token not in _HEDGES]
    size = len(wanted)
    return bool(wanted) and any(found[at : at + size] == wanted for at in range(len(found) - size + 1))


def tokens(text: str) -> list[str]:
    """Words, ideographs and numbers by value; ``%`` and ``+`` are words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    folded = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", folded).replace("\u2212", "-")
    folded = re.sub(r"\bper cent\b", "%", folded)
    # Of a version or a date each part is a number: 2.10.3 does not hold 2.1.
    folded = _VERSION.sub(lambda found: found[0].replace(".", " "), folded)
    folded = _IDEOGRAPHIC.sub(_in_digits, folded)
    return [same for token in _TOKEN.findall(folded) if (same := _canonical(token))]


def _in_digits(found: re.Match[str]) -> str:
    value = chinese_value(found[0])
    return found[0] if value is None else f" {value} "


def _canonical(token: str) -> str:
    if token[-1].isdigit() and token[0] in "-.0123456789":
        return f"{float(token) + 0.0:.15g}"  # no -0
    token = _NUMBER_WORDS.get(token, token)
    return _SAME.get(token, token)
