"""How far a comparison is: shown while it runs on a terminal, and said when it is stopped."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mmrag.benchmark.datasets import OnDraft
    from mmrag.benchmark.laying import OnLaying
    from mmrag.benchmark.running import OnQuestion


@dataclass(slots=True)
class Done:
    """How far a run is: questions that were written, and outcomes; what is there, and what is wanted."""

    written: tuple[int, int] = (0, 0)
    outcomes: tuple[int, int] = (0, 0)


def say_kept(folder: Path, done: Done) -> None:
    """Say what a run that was stopped has left in the folder of its comparison."""
    from mmrag.benchmark.counting import counted
    from mmrag.cli.terminal import errors

    parts = [
        f"{there} of {counted(whole, what)}"
        for what, (there, whole) in (("question", done.written), ("outcome", done.outcomes))
        if whole
    ]
    said = " and ".join((*parts, "what was indexed"))
    errors().print(f"Kept in {folder}: {said}.", style="yellow", soft_wrap=True)


@contextmanager
def following(done: Done) -> Iterator[tuple[OnLaying, OnDraft, OnQuestion]]:
    """Functions to report progress to; ``done`` is kept up to date."""
    from mmrag.cli.progress import expected_pages, steps_bar
    from mmrag.cli.terminal import errors

    def laying(says: str, progress: Any) -> None:
        show(says, progress.pages_done, expected_pages(progress))

    def writing(there: int, whole: int) -> None:
        done.written = there, whole
        show("writing questions", there, whole)

    def asking(setup: str, there: int, whole: int) -> None:
        done.outcomes = there, whole
        show(f"asking {setup}", there, whole)

    silent = not errors().is_terminal or errors().is_dumb_terminal
    with nullcontext(_nothing) if silent else steps_bar() as show:
        yield laying, writing, asking


def _nothing(says: str, there: int, whole: int | None) -> None:
    """There is no terminal to show it on."""
