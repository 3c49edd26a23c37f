"""Rows of tables as a reader should see them, and quotes in one safe line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mmrag.text.normalise import normalise

LONGEST_ROW = 800
"""Characters of a row with the names of its columns; a longer one is shown without them."""

_SEPARATOR_ROW = re.compile(r"\|?[\s:|-]+\|?\s*$")
_CELL_BORDER = re.compile(r"(?<!\\)\|")
_BRACKETED_NUMBER = re.compile(r"\[(\d+)\]")
_MARKUP = re.compile(r"<br\s*/?>|\*\*|`")
_FIGURES = re.compile(r"[^\w]*\d[\d.,\s]*[^\w\s]*")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")
_NAME_WORDS = 5
_NAME_LENGTH = 40


def table_rows(markdown: str) -> Iterator[tuple[str, str, str]]:
    """Lines of a Markdown table: as they stand, as they are shown, and what gives them their meaning.

    A row is shown with the names of its columns; its empty first cells are filled from above, as a
    printed table means them. A line that is no row is shown as "".
    """
    lines = [line for line in markdown.split("\n") if line.strip()]
    ruled = len(lines) > 1 and _is_separator(lines[1])
    lines = [line for line in lines if not _is_separator(line)]
    rows = [cells(line) for line in lines]
    header = rows[0] if ruled and _is_header(rows) else []
    above: list[str] = []
    for line, row in zip(lines, rows, strict=True):
        if row == header or not any(row):
            continue
        if len(row) == 1 and not line.lstrip().startswith("|"):
            yield line, "", ""
            continue
        above = _filled(row, above)
        yield line.strip(), _shown(header, above), " ".join((*header, *above))


def _filled(row: Sequence[str], above: Sequence[str]) -> list[str]:
    first = next((column for column, cell in enumerate(row) if cell), 0)
    return [*above[:first], *row[min(first, len(above)) :]]


def _is_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns. Markdown always has one; a table on a page may not.

    Names are short; a figure is one only as a year, or above a column of something else.
    """
    if len(rows) < 2 or len(rows[0]) < 2:
        return False
    for column, name in enumerate(rows[0]):
        below = [row[column] for row in rows[1:] if column < len(row) and row[column]]
        if len(name.split()) > _NAME_WORDS or len(name) > _NAME_LENGTH:
            return False
        if _FIGURES.fullmatch(name) and not _YEAR.fullmatch(name) and any(map(_FIGURES.fullmatch, below)):
            return False
    return True


def _is_separator(line: str) -> bool:
    return "-" in line and _SEPARATOR_ROW.match(line) is not None


def cells(line: str) -> list[str]:
    """Cells of a row of a Markdown table."""
    inner = line.strip().removeprefix("|").removesuffix("|")
    return [cell.replace("\\|", "|").strip() for cell in _CELL_BORDER.split(inner)]


def _shown(header: Sequence[str], row: Sequence[str]) -> str:
    named = [
        f"{readable(header[column])}: {readable(cell)}"
        if column < len(header) and header[column] and header[column] != cell
        else readable(cell)
        for column, cell in enumerate(row)
        if cell
    ]
    shown = "; ".join(named)
    return shown if len(shown) <= LONGEST_ROW else "; ".join(readable(cell) for cell in row if cell)


def readable(text: str, line_end: str = " ") -> str:
    """``text`` in one line, without control characters, and with [3] as (3): it cites nothing here."""
    lines = [line.strip() for line in normalise(_MARKUP.sub(" ", text)).split("\n")]
    joined = line_end.join(line for line in lines if line)
    return _BRACKETED_NUMBER.sub(r"(\1)", re.sub(r"\s+", " ", joined)).strip()
