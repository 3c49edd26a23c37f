"""Tables as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

Cell = tuple[str, tuple[int, int]]


def to_markdown(rows: Sequence[Sequence[Cell]], header: bool = True) -> str:
    """A Markdown table, or nothing if all cells are empty.

    Args:
        rows: cells from left to right: text, and the columns and rows that it covers. A cell over
            several columns or rows stands in the first; the others are empty.
        header: whether the first row is one. Otherwise an empty header row is put above, as
            Markdown tables must have one.
    """
    grid = _grid(rows)
    if not any(any(row) for row in grid):
        return ""
    width = max(map(len, grid))
    lines = [_line([*row, *[""] * (width - len(row))]) for row in grid if any(row)]
    if not header:
        lines.insert(0, _line([""] * width))
    lines.insert(1, _line(["---"] * width))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _grid(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    grid: list[list[str]] = []
    covered: dict[int, int] = {}
    for row in rows:
        line: list[str] = []
        for text, (columns, deep) in row:
            _skip(line, covered)
            for column in range(columns):
                if deep > 1:
                    covered[len(line)] = deep
                line.append(" ".join(text.split()) if column == 0 else "")
        _skip(line, covered)
        covered = {column: left - 1 for column, left in covered.items() if left > 1}
        grid.append(line)
    return grid


def _skip(line: list[str], covered: dict[int, int]) -> None:
    """Leave room for cells of rows above that reach down into this one."""
    while covered.get(len(line), 0) > 0 and len(line) in covered:
        line.append("")
