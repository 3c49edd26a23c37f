"""What a language model answered becomes a description, whatever it made of the form it was asked for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from mmrag.captioners.base import Description
from mmrag.text.thoughts import mended, without_thoughts
from mmrag.types import Usage

_FIELDS = ("description", "visible_text", "data")
_FENCE = re.compile(r"```[a-z]*\s*\n?(.*?)(?:```|\Z)", re.DOTALL | re.IGNORECASE)
# A field of an object that is cut off or not quite JSON; its text may end without a quotation mark.
_LOOSE = re.compile(r'"(description|visible_text|data)"\s*:\s*"((?:[^"\\]|\\.)*)', re.DOTALL)
_LONGEST = 40_000  # characters that are read of an answer, several times what it may have of tokens
_NOTHING = frozenset({"", "n/a", "none", "null", "no", "...", "无", "無", "没有", "空"})


def described(answer: str, usage: Usage) -> Description:
    """The description that an answer holds.

    Taken in this order: a JSON object with the three fields, anywhere in the answer; such fields in what is
    not quite JSON; else the answer as it stands is the description.
    """
    answer = without_thoughts(answer)[:_LONGEST]
    for found in (_object(answer), dict(_loose(answer))):
        fields = {name: mended(_plain(found.get(name))) for name in _FIELDS}
        if any(fields.values()):
            return Description(**fields, usage=usage)
        if found.keys() & set(_FIELDS):
            return Description("", usage=usage)
    fenced = _FENCE.fullmatch(answer.strip())
    return Description((fenced[1] if fenced else answer).strip(), usage=usage)


def _object(answer: str) -> Mapping[str, Any]:
    decoder = json.JSONDecoder(strict=False)  # models write line breaks into strings
    for start in (match.start() for match in re.finditer(r"\{", answer)):
        try:
            found, _ = decoder.raw_decode(answer, start)
        except (ValueError, RecursionError):
            continue
        if isinstance(found, dict) and found.keys() & set(_FIELDS):
            return found
    return {}


def _loose(answer: str) -> list[tuple[str, str]]:
    return [(name, _unescaped(text)) for name, text in _LOOSE.findall(answer)]


def _unescaped(text: str) -> str:
    try:
        return str(json.loads(f'"{text}"', strict=False))
    except ValueError:
        return text


def _plain(value: Any) -> str:
    """A field as text: lists become lines, objects lines ``label: value``, lists in lists rows."""
    if isinstance(value, Mapping):
        return "\n".join(f"{label}: {_cell(cell)}" for label, cell in value.items())
    if isinstance(value, list):
        return "\n".join(_row(item) for item in value)
    text = "" if value is None else str(value).strip()
    return "" if text.casefold() in _NOTHING else text


def _row(item: Any) -> str:
    if isinstance(item, list):
        return f"| {' | '.join(_cell(cell) for cell in item)} |"
    if isinstance(item, Mapping):
        return ", ".join(f"{label}: {_cell(cell)}" for label, cell in item.items())
    return _cell(item)


def _cell(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else " ".join(str(value).split())
