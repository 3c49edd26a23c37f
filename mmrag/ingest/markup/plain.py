"""Plain text to blocks: paragraphs between empty lines, and headings that are underlined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mmrag.ingest.markup.blocks import Block, Parsed
from mmrag.text.normalise import join_lines, normalise
from mmrag.text.script import is_cjk
from mmrag.types import Kind

_UNDERLINE = re.compile(r"([=\-~^*#\"'+])\1{2,}[ \t]*")
_GAP = re.compile(r"\n[ \t\u3000]*(?:\n[ \t\u3000]*)+")
_ITEM = re.compile(r"\s*(?:[-*•·]|\(?\d{1,3}[.)])\s")
_WRAP = (45, 110)
_LONG_LINE = 110


def from_plain(text: str) -> Parsed:
    """The blocks of plain text. Its title is not known: a first line may be anything.

    Lines that were broken at a margin are joined again; short lines, lists and aligned columns stay as
    they are; lines longer than any margin are paragraphs of their own.
    """
    blocks: list[Block] = []
    levels: dict[str, int] = {}
    for part in _GAP.split(text.replace("\f", "\n\n").replace("\0", "").strip("\n")):
        lines = [line.rstrip() for line in part.split("\n")]
        while len(lines) >= 2 and _is_heading(lines[0], lines[1]):
            level = levels.setdefault(lines[1][0], len(levels) + 1)
            blocks.append(Block(Kind.HEADING, normalise(lines[0]).strip(), level))
            lines = lines[2:]
        blocks += [Block(Kind.TEXT, passage) for passage in _passages(lines)]
    return Parsed(tuple(blocks))


def _is_heading(line: str, below: str) -> bool:
    width = sum(2 if is_cjk(char) else 1 for char in line.strip())
    return bool(line.strip() and _UNDERLINE.fullmatch(below)) and abs(len(below.strip()) - width) <= 3


def _passages(lines: list[str]) -> Iterator[str]:
    if any(len(line) > _LONG_LINE for line in lines):
        yield from filter(None, (normalise(line).strip() for line in lines))
        return
    text = join_lines(lines) if _is_wrapped(lines) else "\n".join(lines)
    text = normalise(text).strip("\n")
    if text.strip():
        yield text


def _is_wrapped(lines: list[str]) -> bool:
    """Whether the lines were one and were broken at a margin: all but the last are about as long."""
    lengths = [sum(2 if is_cjk(char) else 1 for char in line) for line in lines[:-1]]
    if (
        not lengths
        or any(_ITEM.match(line) for line in lines[1:])
        or any("   " in line.strip() for line in lines)
    ):
        return False
    return _WRAP[0] <= max(lengths) <= _WRAP[1] and min(lengths) >= 0.6 * max(lengths)
