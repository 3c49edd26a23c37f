"""A progress bar on standard error: pages, their rate, and the time left. Only on a terminal."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mmrag.types import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bars

_SAYS = {"scan": "Looking at files", "read": "Reading", "lay": "Embedding", "write": "Writing"}


@contextmanager
def bar() -> Iterator[Callable[[Progress], None] | None]:
    """A function to report progress to; ``None`` where there is no terminal to show it on."""
    from mmrag.cli.terminal import errors

    if not errors().is_terminal or errors().is_dumb_terminal:
        yield None
        return
    with _bars() as bars:
        task = bars.add_task(_SAYS["scan"], total=None, file="", pace="")
        begin = time.monotonic()

        def show(progress: Progress) -> None:
            bars.update(
                task,
                description=_SAYS.get(progress.stage, progress.stage),
                completed=progress.pages_done,
                total=expected_pages(progress),
                file=_file(progress),
                pace=pace(progress, time.monotonic() - begin),
            )

        yield show


@contextmanager
def steps_bar() -> Iterator[Callable[[str, int, int | None], None]]:
    """A function that is told what is being done, how much of it is done, and of how much."""
    from rich.progress import BarColumn, MofNCompleteColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bars

    from mmrag.cli.terminal import errors

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(bar_width=20)
    with Bars(*columns, MofNCompleteColumn(), console=errors(), transient=True) as bars:
        task = bars.add_task("", total=None)

        def show(says: str, done: int, total: int | None) -> None:
            bars.update(task, description=says, completed=done, total=total)

        yield show


def expected_pages(progress: Progress) -> int | None:
    """Pages of the whole run, guessed from the files opened so far; ``None`` before the first one.

    A new view is laid over pages that are all known, so nothing is guessed there.

    Files that are not open yet count with the mean of those that are, so that the time left
    is not that of the file at hand alone.
    """
    if progress.stage == "lay":
        return progress.pages_total or None
    opened = min(progress.files_total, progress.files_done + bool(progress.file))
    if not opened or not progress.pages_total:
        return None
    unopened = progress.files_total - opened
    return progress.pages_total + round(unopened * progress.pages_total / opened)


def pace(progress: Progress, seconds: float) -> str:
    """``12 of about 40 pages, 3.4/s, 9 s left`` after so many seconds of reading."""
    total = expected_pages(progress)
    if progress.stage not in ("read", "lay") or total is None:
        return ""
    about = "" if total == progress.pages_total else "about "
    said = f"{progress.pages_done} of {about}{total} pages"
    if not progress.pages_done or seconds <= 0:
        return said
    rate = progress.pages_done / seconds
    return f"{said}, {rate:.1f}/s, {duration((total - progress.pages_done) / rate)} left"


def duration(seconds: float) -> str:
    """``9 s``, ``2 min 5 s``, ``3 h 10 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _file(progress: Progress) -> str:
    from mmrag.cli.terminal import clean

    count = f"{min(progress.files_done + 1, progress.files_total)}/{progress.files_total}"
    return f"{count} {clean(progress.file)}" if progress.file else ""


def _bars() -> Bars:
    from rich.progress import BarColumn, SpinnerColumn, TextColumn
    from rich.progress import Progress as Bars
    from rich.table import Column

    from mmrag.cli.terminal import errors

    file = Column(no_wrap=True, overflow="ellipsis", ratio=1)
    return Bars(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[pace]}", markup=False, style="cyan", table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[file]}", markup=False, style="dim", table_column=file),
        console=errors(),
        transient=True,
        expand=True,
        refresh_per_second=5,
    )
