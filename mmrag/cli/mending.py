"""``mmrag verify`` and ``mmrag repair``."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.cli.failing import ERROR, SKIPPED
from mmrag.cli.options import IndexName, Json
from mmrag.errors import NotAnIndexError

if TYPE_CHECKING:
    from mmrag.index.mending.checks import Finding

SHOWN = 20


def verify(
    index: IndexName,
    deep: Annotated[
        bool,
        typer.Option("--deep", help="Also check every vector, every word list, and the files themselves."),
    ] = False,
    json: Json = False,
) -> None:
    """Say whether an index holds what was written, without changing it.

    Exit code 1 says that something is damaged or missing: mmrag repair INDEX mends it.
    """
    import mmrag
    from mmrag.cli.terminal import output, print_json

    findings = mmrag.verify(_place(index), deep=deep)
    damaged = [found for found in findings if not found.harmless]
    if json:
        print_json({"whole": not damaged, "findings": findings})
    else:
        _print("damaged", "red", damaged)
        _print("note", "yellow", [found for found in findings if found.harmless])
        output().print(f"damaged: mmrag repair {shlex.quote(index)}" if damaged else f"{index} is whole")
    if damaged:
        raise typer.Exit(ERROR)


def repair(index: IndexName, json: Json = False) -> None:
    """Mend a damaged index: keep what is whole, make anew what is derived, say what is lost.

    What is lost is read again by the next mmrag index. Exit code 3 says that something is.
    """
    import mmrag
    from mmrag.cli.terminal import output, print_json

    done = mmrag.repair(_place(index))
    if json:
        print_json({"mended": done.mended, "lost": done.lost})
    else:
        _print("mended", "green", done.mended)
        _print("lost", "yellow", done.lost)
        if done.lost:
            output().print("run mmrag index FOLDER to read again what is lost")
        else:
            output().print(f"{index} is whole" + (" again" if done.mended else ""))
    if done.lost:
        raise typer.Exit(SKIPPED)


def _place(name: str) -> Path:
    """The index of that name or path, or the one that a folder would have; it need not be readable."""
    import mmrag
    from mmrag.api.opened import folder_of

    try:
        return folder_of(name)
    except NotAnIndexError:
        if not Path(name).is_dir():
            raise
        return folder_of(mmrag.index_path(Path(name).resolve().name))


def _print(kind: str, style: str, findings: Iterable[Finding]) -> None:
    from rich.text import Text

    from mmrag.cli.terminal import clean, output, print_hanging

    console, findings = output(), list(findings)
    for found in findings[:SHOWN]:
        line = Text.assemble((kind, style), f"  {clean(found.place)}  ", (clean(found.problem), "dim"))
        print_hanging(console, line, 4)
    if len(findings) > SHOWN:
        console.print(f"{kind}  and {len(findings) - SHOWN} more: see --json")
