"""Text without pages as lines of the length that lines on pages have."""

from __future__ import annotations

from collections.abc import Iterator

from mmrag.text.script import is_cjk
from mmrag.text.sentences import sentences
from mmrag.text.tables import cells, is_rule
from mmrag.types import Kind, Line

_WIDTH = 100


def lines_of(kind: Kind, text: str, caption: str = "") -> Iterator[Line]:
    """The lines of a block: rows of a table, lines of a listing, sentences of a passage, its caption last.

    What is wider than about 100 columns is broken between words. Places are unknown.

    Args:
        kind: of the block.
        text: of the block.
        caption: of a table or figure.
    """
    if kind is Kind.TABLE:
        rows = (cells(row) for row in text.split("\n") if not is_rule(row))
        pieces = [" ".join(cell for cell in row if cell) for row in rows]
    else:
        pieces = [text[start:end] for start, end in sentences(text)]
    for piece in (*pieces, caption):
        for line in piece.split("\n"):
            yield from (Line(part) for part in _broken(line.strip()))


def _broken(line: str) -> Iterator[str]:
    """``line`` in parts of at most 100 columns, a Chinese character taking two; a long word stays whole."""
    start = space = 0
    columns = since = 0
    for index, char in enumerate(line):
        columns += 2 if is_cjk(char) else 1
        if char == " " or is_cjk(char):
            if columns > _WIDTH and space > start:
                yield line[start:space].strip()
                columns, start = columns - since, space
            space, since = index + 1, columns
    if columns > _WIDTH and space > start and line[space:]:
        yield line[start:space].strip()
        start = space
    if line[start:]:
        yield line[start:].strip()
