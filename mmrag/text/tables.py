"""Tables in Markdown: their rule, their cells, and which row names the columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_BORDER = re.compile(r"(?<!\\)\|")
_FIGURES = re.compile(r"[^\w]*\d[\d.,\s]*[^\w\s]*")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_DIGIT = re.compile(r"\d")
_NAME_WORDS = 5
_NAME_LENGTH = 40


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table.

    Attributes:
        line: as it stands.
        cells: its cells, empty first ones filled from above, as a printed table means them; none where
            the line is no row.
        above: cells of the first row, which give it meaning; none for that row itself.
        named: whether ``above`` are the names of the columns.
        heads: whether it is the first row, and may be the names of the columns.
    """

    line: str
    cells: tuple[str, ...]
    above: tuple[str, ...] = ()
    named: bool = False
    heads: bool = False


def is_rule(line: str) -> bool:
    """Whether it is the rule under a header: ``| --- | :-: |``."""
    return "-" in line and not set("".join(line.split())) - set("|:-")


def is_header(line: str, following: str) -> bool:
    """Whether ``line`` is a table's first row with its rule below it."""
    return line.startswith("|") and is_rule(following)


def cells(row: str) -> list[str]:
    r"""Cells of a row, without the space around them; ``\|`` is a bar within a cell."""
    parts = [part.strip() for part in _BORDER.split(row.strip())]
    if len(parts) > 1 and not parts[0]:
        parts = parts[1:]
    if len(parts) > 1 and not parts[-1]:
        parts = parts[:-1]
    return [part.replace("\\|", "|") for part in parts]


def table_rows(markdown: str) -> Iterator[Row]:
    """Rows of a table with what gives them meaning, without rules, empty rows, and the names of columns.

    In a table of two columns the first row may as well be a pair like those below it. It is then a row too,
    and where they plainly are pairs of a name and a value, it names nothing.
    """
    lines = [line for line in markdown.split("\n") if line.strip()]
    ruled = len(lines) > 1 and is_rule(lines[1])
    lines = [line for line in lines if not is_rule(line)]
    rows = [cells(line) for line in lines]
    headed = ruled and _is_header(rows)
    pairs = all(len(row) == 2 for row in rows)
    named = headed and not (pairs and _are_names_and_values(rows))
    header = tuple(rows[0]) if headed else ()
    if headed and pairs:
        yield Row(lines[0].strip(), header, heads=True)
    filled: list[str] = []
    for line, row in zip(lines, rows, strict=True):
        if tuple(row) == header or not any(row):
            continue
        if len(row) == 1 and not line.lstrip().startswith("|"):
            yield Row(line, ())
            continue
        filled = _filled(row, filled)
        yield Row(line.strip(), tuple(filled), header, named)


def _filled(row: Sequence[str], above: Sequence[str]) -> list[str]:
    first = next((column for column, cell in enumerate(row) if cell), 0)
    return [*above[:first], *row[min(first, len(above)) :]]


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns. Markdown always has one; a table on a page may not.

    Names are short; a figure is one only as a year, or above a column of something else.
    """
    if len(rows) < 2 or len(rows[0]) < 2 or not any(rows[0]):
        return False
    for column, name in enumerate(rows[0]):
        below = [row[column] for row in rows[1:] if column < len(row) and row[column]]
        if not _is_short(name):
            return False
        if _FIGURES.fullmatch(name) and not _YEAR.fullmatch(name) and any(map(_FIGURES.fullmatch, below)):
            return False
    return True


def _are_names_and_values(rows: Sequence[Sequence[str]]) -> bool:
    """Whether all first cells are like names, and the second ones of several kinds: words and figures."""
    kinds = {_DIGIT.search(value) is not None for _, value in rows[1:] if value}
    return len(kinds) == 2 and all(name and _is_short(name) and not _DIGIT.search(name) for name, _ in rows)


def _is_short(cell: str) -> bool:
    return len(cell.split()) <= _NAME_WORDS and len(cell) <= _NAME_LENGTH
