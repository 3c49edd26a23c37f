"""What is wrong or doubtful in a dataset, a line for each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from mmrag.errors import DatasetError, UsageError

_SHOWN = 20


@contextmanager
def all_faults() -> Iterator[None]:
    """Show every fault of a dataset in a line of its own, and say in one how many there are."""
    try:
        yield
    except DatasetError as error:
        if len(error.faults) == 1:
            raise
        _list(error.faults, "red")
        raise UsageError(
            f"{len(error.faults)} faults in {error.where}: correct them and run the same command again; "
            "docs/datasets.md describes the files"
        ) from error


@contextmanager
def all_warnings() -> Iterator[Callable[[str], None]]:
    """A function that takes warnings, to be shown afterwards."""
    from mmrag.cli.terminal import errors

    warned: list[str] = []
    yield warned.append
    if warned:
        errors().print("Doubtful, and taken all the same:", style="yellow")
        _list(warned, "yellow")


def _list(lines: Sequence[str], style: str) -> None:
    from mmrag.cli.terminal import clean, errors

    for line in lines[:_SHOWN]:
        errors().print(clean(line), style=style, soft_wrap=True)
    if len(lines) > _SHOWN:
        errors().print(f"and {len(lines) - _SHOWN:,} more", style=style)
