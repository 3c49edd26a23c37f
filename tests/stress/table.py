"""Counting trials, and the table of what held."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass(slots=True)
class Row:
    """One line of the table: what was done, when it counts as passed, and how often it did."""

    name: str
    passes: str
    made: int = 0
    held: int = 0
    failed_tests: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)


class Trials:
    """What one test tells of its trials.

    Args:
        row: to count for.
        counts: ``smoke``, ``ci`` or ``stress``.
    """

    def __init__(self, row: Row, counts: str) -> None:
        self._row = row
        self._counts = counts
        self._begin = time.perf_counter()

    def __call__(self, *, smoke: int, ci: int, stress: int) -> range:
        """The trials to make; each counts as made once it has been asked for."""
        wanted = {"smoke": smoke, "ci": ci, "stress": stress}[self._counts]
        self._row.made += wanted
        return range(wanted)

    def made(self, count: int) -> None:
        """Count trials whose number is not chosen, such as every file there is."""
        self._row.made += count

    def held(self, count: int = 1) -> None:
        """So many more trials went as they must."""
        self._row.held += count

    def note(self, text: str) -> None:
        """Something measured on the way, for the table's last column."""
        self._row.notes.append(text)

    def end(self, *, failed: bool) -> None:
        """The test is over."""
        self._row.seconds += time.perf_counter() - self._begin
        self._row.failed_tests += failed


def markdown(rows: list[Row], counts: str, commit: str, before: str = "") -> str:
    """The table, ready for a page.

    Args:
        rows: counted in this run.
        counts: ``smoke``, ``ci`` or ``stress``.
        commit: that they were counted on.
        before: a table of the same counts that they are added to, in place of rows of the same name.
    """
    head = [
        f"| test (`{counts}`) | trials | held | passes when | seconds | measured | commit |",
        "| --- | ---: | ---: | --- | ---: | --- | --- |",
    ]
    lines = before.splitlines()
    by_name = {_name(line): line for line in lines[len(head) :]} if lines[: len(head)] == head else {}
    for row in rows:
        held = f"{row.held:,}" if row.held == row.made and not row.failed_tests else f"**{row.held:,}**"
        cells = (
            row.name,
            f"{row.made:,}",
            held,
            row.passes,
            f"{row.seconds:.0f}",
            "; ".join(row.notes),
            commit,
        )
        by_name[row.name] = f"| {' | '.join(cells)} |"
    return "\n".join([*head, *by_name.values()]) + "\n"


def _name(line: str) -> str:
    return line.split(" | ", 1)[0].removeprefix("| ")
