"""A progress bar on standard error: pages, their rate, and the time left. Only on a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mmrag.types import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import Task
    from rich.text import Text

_SAYS = {"scan": "Looking at files", "read": "Reading", "write": "Writing"}


@contextmanager
def bar() -> Iterator[Callable[[Progress], None] | None]:
    """A function to report progress to; ``None`` where there is no terminal to show it on."""
    from mmrag.cli.terminal import errors

    console = errors()
    if not console.is_terminal or console.is_dumb_terminal:
        yield None
        return
    with _bars() as bars:
        task = bars.add_task("Looking at files", total=None, file="", pages="")

        def show(progress: Progress) -> None:
            bars.update(
                task,
                description=_SAYS.get(progress.stage, progress.stage.capitalize()),
                completed=progress.pages_done if progress.stage == "read" else progress.files_done,
                total=expected_pages(progress) if progress.stage == "read" else progress.files_total or None,
                file=_file(progress),
                pages=progress.stage == "read",
            )

        yield show


def expected_pages(progress: Progress) -> int | None:
    """Pages of the whole run, guessed from the files opened so far; ``None`` before the first one.

    Files that are not open yet count with the mean of those that are, so that the time left
    is not that of the file at hand alone.
    """
    opened = min(progress.files_total, progress.files_done + bool(progress.file))
    if not opened or not progress.pages_total:
        return None
    unopened = progress.files_total - opened
    return progress.pages_total + round(unopened * progress.pages_total / opened)


def _file(progress: Progress) -> str:
    from mmrag.cli.terminal import clean

    count = f"{min(progress.files_done + 1, progress.files_total)}/{progress.files_total}"
    return f"{count} {clean(progress.file)}" if progress.file else ""


def _bars() -> Bars:
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars
    from rich.table import Column
    from rich.text import Text

    from mmrag.cli.terminal import errors

    class Rate(ProgressColumn):
        """Pages done, and how many a second."""

        def render(self, task: Task) -> Text:
            return Text(rate(task.completed, task.speed) if task.fields["pages"] else "", style="cyan")

    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        Rate(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn(
            "{task.fields[file]}",
            markup=False,
            style="dim",
            table_column=Column(no_wrap=True, overflow="ellipsis", ratio=1),
        ),
        console=errors(),
        transient=True,
        expand=True,
    )


def rate(pages: float, speed: float | None) -> str:
    """``12 pages, 3.4/s``; without the rate while it is unknown."""
    text = f"{pages:.0f} page" + ("" if pages == 1 else "s")
    return f"{text}, {speed:.1f}/s" if speed else text
