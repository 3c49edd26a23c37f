"""Marks of the items of HTML lists, and long lists in portions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from mmrag.ingest.markup.shown import shown

if TYPE_CHECKING:
    from bs4 import Tag

_MAX_LIST = 2000
_INTEGER = re.compile(r"\s*([-+]?[0-9]{1,9})(?![0-9])")


def marked(tag: Tag) -> Iterator[tuple[str, str | Tag]]:
    """What a list shows: its items with their marks; text and lists that stand between them with none."""
    number = _integer(tag.get("start"), 1) - 1
    for item in shown(tag):
        if isinstance(item, str) or item.name in ("ul", "ol"):
            yield "", item
        else:
            number = _integer(item.get("value"), number + 1)
            yield f"{number}." if tag.name == "ol" else "-", item


def portions(lines: list[str]) -> Iterator[tuple[int, int]]:
    """Ranges of lines of about 2,000 characters, so that a list of a thousand items is several elements."""
    start, length = 0, 0
    for index, line in enumerate(lines):
        if length > _MAX_LIST:
            yield start, index
            start, length = index, 0
        length += len(line)
    if start < len(lines):
        yield start, len(lines)


def _integer(value: object, missing: int) -> int:
    found = _INTEGER.match(str(value or ""))
    return int(found[1]) if found else missing
