"""Rows of tables as a reader should see them, and quotes in one safe line."""

from __future__ import annotations

import re

from mmrag.text.normalise import normalise
from mmrag.text.tables import Row

LONGEST_ROW = 800
"""Characters of a row with the names of its columns; a longer one is shown without them."""

_BRACKETED_NUMBER = re.compile(r"\[(\d+)\]")
_LINE_BREAK = re.compile(r"<br\s*/?>")
# Around words: between them two stars are a power. Ideographs may touch them, as no spaces part words there.
_BOLD = re.compile(r"(?<![\w*)\]])\*\*(?=[^\s*])([^*]+)(?<=\S)\*\*(?![\w*(\[])", re.ASCII)
_CODE = re.compile(r"`([^`]+)`")


def shown(row: Row) -> str:
    """A row in one line, with the names of its columns where there are some."""
    cells = [_plain(cell) for cell in row.cells]
    names = [_plain(name) for name in row.above] if row.named else []
    missing = [""] * (len(cells) - len(names))
    named = "; ".join(
        f"{name}: {cell}" if name and name != cell else cell
        for name, cell in zip([*names, *missing], cells, strict=False)
        if cell
    )
    return named if len(named) <= LONGEST_ROW else "; ".join(filter(None, cells))


def _plain(cell: str) -> str:
    """A cell without Markdown's marks, which only tables keep."""
    return readable(_CODE.sub(r"\1", _BOLD.sub(r"\1", _LINE_BREAK.sub(" ", cell))))


def readable(text: str, line_end: str = " ") -> str:
    """``text`` in one line, without control characters, and with [3] as (3): it cites nothing here."""
    lines = [line.strip() for line in normalise(text).split("\n")]
    joined = line_end.join(line for line in lines if line)
    return _BRACKETED_NUMBER.sub(r"(\1)", re.sub(r"\s+", " ", joined)).strip()
