"""Tables of a comparison, in a terminal or as Markdown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.benchmark.tables import Table

_NARROW = 5  # letters that most columns need anyway


def print_tables(console: Console, made: tuple[Table, ...]) -> None:
    """Tables for a terminal; Markdown where the output is no terminal."""
    from mmrag.benchmark.tables import markdown

    if not console.is_terminal:
        console.print("\n".join(markdown(table) for table in made), soft_wrap=True)
        return
    for table in made:
        shown = _fitting(console, table)
        console.print(_drawn(shown))
        if table.note:
            console.print(table.note, style="dim")
        if shown.head != table.head:
            left_out = ", ".join(table.head[len(shown.head) :])
            console.print(f"In results.md, not here for want of room: {left_out}.", style="dim")
        console.print()


def _fitting(console: Console, table: Table) -> Table:
    """The table with as many columns as the terminal has room for; the first ones are the chief ones."""
    from rich.measure import Measurement

    room = console.options.update(max_width=10_000)
    for count in range(len(table.head), 1, -1):
        cut = replace(table, head=table.head[:count], rows=tuple(row[:count] for row in table.rows))
        if Measurement.get(console, room, _drawn(cut)).maximum <= console.width:
            return cut
    return cut


def _drawn(table: Table) -> Any:
    from rich import box
    from rich.table import Table as Drawn

    drawn = Drawn(
        title=table.title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
    )
    for place, name in enumerate(table.head):
        # In two lines, so that more columns have room.
        parts = name.replace("@", " @").rsplit(" ", 1) if len(name) > _NARROW else [name]
        drawn.add_column("\n".join(parts), justify="right" if place else "left", no_wrap=True)
    for row in table.rows:
        drawn.add_row(*row)
    return drawn
