"""Tables printed by a program: rows of a listing whose columns line up."""

from __future__ import annotations

import re

from mmrag.ingest.pdf.boxes import union
from mmrag.ingest.pdf.rows import preformatted
from mmrag.ingest.pdf.tables import gutters, markdown, rows_of, split_row
from mmrag.ingest.pdf.values import Block, Box, Role, Row, TextView

_PROMPT = re.compile(r"\s*(?:[\w:]{0,10}>|\+\s|\$ |# |In \[)")
_NUMBER = re.compile(r"[<(\[~+-]?[\d.,]*\d[\d.,]*(?:[eE][+-]?\d+)?[%)\]*]*|NA|NaN|Inf|-|\.")
_SOME_NUMBER = re.compile(r"(?<![\w.])-?[\d.]*\d(?![\w(])|\bNA\b")
_MIN_ROWS = 3
_MIN_COLUMNS = 3
_MIN_NUMBERS = 0.4
_TRIM_HEAD, _TRIM_TAIL = 12, 4
_GAP = 0.3


def split_tables(block: Block, view: TextView) -> list[Block]:
    """The listing with the tables in it as blocks of their own.

    A table is a run of at least three rows without a prompt, in at least three columns that every row
    keeps, and mostly of numbers.

    Args:
        block: a listing; any other block is returned as it is.
        view: of the page, for the words of the listing.
    """
    if block.role is not Role.LISTING or block.ocr or len(block.rows) < _MIN_ROWS:
        return [block]
    parts: list[Block] = []
    start = 0
    for first, last in _runs(block.rows):
        found = _table_in(block.rows[first:last], view)
        if found is None:
            continue
        head, tail, cells = found
        if first + head > start:
            parts.append(_listing(block.rows[start : first + head]))
        rows = block.rows[first + head : last - tail]
        parts.append(Block(Role.TABLE, _box(rows), rows, markdown(cells)))
        start = last - tail
    if start < len(block.rows):
        parts.append(_listing(block.rows[start:]) if parts else block)
    return parts


def _listing(rows: list[Row]) -> Block:
    return Block(
        Role.LISTING, union(line.box for row in rows for line in row.lines), rows, preformatted(rows)
    )


def _box(rows: list[Row]) -> Box:
    return union(line.box for row in rows for line in row.lines)


def _runs(rows: list[Row]) -> list[tuple[int, int]]:
    """Stretches of at least three rows without prompts or wide gaps between them."""
    runs: list[tuple[int, int]] = []
    start = 0
    for index, row in enumerate(rows):
        prompt = _PROMPT.match(row.text) is not None
        wide = index > start and row.base - rows[index - 1].base > 1.7 * row.size
        if prompt or wide:
            runs.append((start, index))
            start = index + 1 if prompt else index
    runs.append((start, len(rows)))
    return [(first, last) for first, last in runs if last - first >= _MIN_ROWS]


def _table_in(rows: list[Row], view: TextView) -> tuple[int, int, list[list[str]]] | None:
    """How many rows to leave out at the top and the bottom so that the rest is a table, and its cells."""
    if not _may_be_table(rows):
        return None
    lines = rows_of(view.words_in(_box(rows)))
    if len(lines) != len(rows):
        return None
    split: dict[tuple[float, ...], list[list[str]]] = {}
    for tail in range(min(_TRIM_TAIL, len(rows) - _MIN_ROWS + 1)):
        for head in range(min(_TRIM_HEAD, len(rows) - tail - _MIN_ROWS + 1)):
            stop = len(rows) - tail
            borders = tuple(gutters(lines[head:stop], _GAP))
            if len(borders) + 1 < _MIN_COLUMNS:
                continue
            # Most trials find the same borders, and splitting is most of the work.
            if borders not in split:
                split[borders] = [split_row(line, borders, strict=True) for line in lines]
            cells = split[borders][head:stop]
            if _is_table(cells):
                return head, tail, _join_headed(cells)
    return None


def _may_be_table(rows: list[Row]) -> bool:
    """Whether enough rows hold numbers for a look at their words to be worth it."""
    numeric = 0
    for row in rows:
        numeric += len(_SOME_NUMBER.findall(row.text)) > 1
        if numeric == _MIN_ROWS - 1:
            return True
    return False


def _is_table(cells: list[list[str]]) -> bool:
    """Whether the rows' cells make a table: they are mostly numbers, and most rows fill their columns."""
    filled = [cell for row in cells[1:] for cell in row if cell]
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in filled)
    if numbers < _MIN_NUMBERS * len(filled):
        return False
    full = sum(len(row) - row.count("") >= _MIN_COLUMNS - 1 for row in cells)
    return full >= 0.8 * len(cells)


def _join_headed(cells: list[list[str]]) -> list[list[str]]:
    """A column that only its head fills is the first word of the next head ("F value")."""
    index = 0
    while index + 1 < len(cells[0]):
        if cells[0][index] and not any(row[index] for row in cells[1:]):
            for row in cells:
                row[index : index + 2] = [" ".join(part for part in row[index : index + 2] if part)]
        else:
            index += 1
    return cells
