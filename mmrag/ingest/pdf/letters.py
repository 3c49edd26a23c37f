"""Letters of a text page of MuPDF, line by line: of all of a page they would take longer than all else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pymupdf


def letters_of(textpage: Any, places: set[int]) -> dict[int, list[Any]]:
    """The letters of the lines at ``places``, as structures of MuPDF that end with ``textpage``."""
    found: dict[int, list[Any]] = {}
    place = 0
    for block in text_blocks(textpage):
        line = pymupdf.mupdf.FzStextBlock(block).begin().m_internal
        while line:
            if place in places:
                found[place] = []
                char = line.first_char
                while char:
                    found[place].append(char)
                    char = char.next
            line, place = line.next, place + 1
    return found


def text_blocks(textpage: Any) -> list[Any]:
    """The blocks of text, as structures of MuPDF that end with ``textpage``."""
    block_of = pymupdf.mupdf.fz_stext_block
    after, kind_of = block_of.next.fget, block_of.type.fget
    found = []
    block = textpage.this.m_internal.first_block
    while block:
        # The pointer itself: to unpack it takes a getter most of its time, and there may be many drawings.
        this = block.this
        if kind_of(this) == pymupdf.mupdf.FZ_STEXT_BLOCK_TEXT:
            found.append(block)
        block = after(this)
    return found


def spans_of(block: Any) -> Iterator[dict[str, Any]]:
    """The spans of one font each in a block of text, as PyMuPDF's ``dict`` gives them."""
    mupdf = pymupdf.mupdf
    everywhere = mupdf.FzRect(mupdf.FzRect.Fixed_INFINITE)
    buffer = mupdf.fz_new_buffer(256)
    for line in mupdf.FzStextBlock(block):
        said: dict[str, Any] = {}
        pymupdf.JM_make_spanlist(said, line, False, buffer, everywhere)
        yield from said["spans"]
