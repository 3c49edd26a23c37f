"""Printed captions: a short paragraph beside a picture or table that names it by number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from mmrag.ingest.markup.blocks import Block
from mmrag.types import Kind

_LONGEST = 400
_NUMBER = r"\s*(?:[A-Z]\.?)?(?:\d|[IVX]+\b)"
_NAMES = {
    Kind.FIGURE: re.compile(r"(?i:figure|fig\.?|abbildung|abb\.|\u56fe|\u5716|\u56f3)" + _NUMBER),
    Kind.TABLE: re.compile(r"(?i:table|tab\.?|tableau|tabelle|\u8868)" + _NUMBER),
}


def with_captions(blocks: Sequence[Block]) -> list[Block]:
    """``blocks``, where a paragraph such as "Figure 3: …" next to a picture has become its caption.

    The paragraph below is looked at first for a picture, the one above first for a table, as printers
    do. A caption that the markup itself gives stays, behind the printed one.
    """
    kept: list[Block | None] = list(blocks)
    for index, block in enumerate(blocks):
        if block.kind not in _NAMES:
            continue
        beside = (index + 1, index - 1) if block.kind is Kind.FIGURE else (index - 1, index + 1)
        for neighbour in beside:
            said = kept[neighbour] if 0 <= neighbour < len(kept) else None
            if said is not None and _names(said, block.kind):
                kept[index] = replace(block, caption=joined([said.text, block.caption]))
                kept[neighbour] = None
                break
    return [block for block in kept if block is not None]


def joined(parts: Sequence[str]) -> str:
    """Different parts as sentences one after the other; a part that another holds counts for nothing."""
    distinct = [part for part in dict.fromkeys(parts) if part]
    distinct = [part for part in distinct if not any(part != other and part in other for other in distinct)]
    return " ".join(
        part if part[-1] in ".!?:;。！？：" or part is distinct[-1] else f"{part}." for part in distinct
    )


def _names(block: Block, kind: Kind) -> bool:
    return (
        block.kind is Kind.TEXT
        and len(block.text) <= _LONGEST
        and not block.metadata
        and bool(_NAMES[kind].match(block.text))
    )
