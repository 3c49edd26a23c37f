"""White space as a browser shows it, but for line breaks inside Chinese and Japanese."""

from __future__ import annotations

import re

from mmrag.text.normalise import normalise
from mmrag.text.script import is_cjk

_SPACES = re.compile(r"[ \t\f\v]+")
_SOURCE_BREAK = re.compile(r" ?\r[ \r]*")
_SHOWN_BREAK = re.compile(r" *\n *")


def written(source: str) -> str:
    """Words of the markup, with line breaks as ``\\r``: `collapsed` decides what they are worth."""
    return source.replace("\n", "\r")


def collapsed(text: str) -> str:
    """``text`` with one space for each run of white space, and none around the line breaks that are shown.

    A line break of the source vanishes between two Chinese or Japanese characters, as in
    `mmrag.text.normalise.join_lines`: whoever wraps a line there means no space.

    Args:
        text: with ``\\r`` for line breaks of the source, ``\\n`` for those that are shown.
    """
    text = _SPACES.sub(" ", text)
    if "\r" in text:
        text = _SOURCE_BREAK.sub(" " if text.isascii() else _joint, text)
    return _SHOWN_BREAK.sub("\n", text).strip()


def one_line(text: str) -> str:
    """`collapsed`, in normal form, with spaces for the line breaks that are shown."""
    return " ".join(normalise(collapsed(text)).split())


def _joint(found: re.Match[str]) -> str:
    text, start, end = found.string, found.start(), found.end()
    inside = start > 0 and end < len(text)
    return "" if inside and is_cjk(text[start - 1]) and is_cjk(text[end]) else " "
