"""``mmrag doctor``."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.cli.failing import ERROR
from mmrag.cli.options import Json

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.cli.checks import Check


def doctor(
    pipeline: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="Try the models of this recipe.")
    ] = "mini",
    json: Json = False,
) -> None:
    """Say what is installed, try every model once, and say what to install where something is missing.

    Exit code 1 says that something needed is missing.
    """
    from mmrag.cli import checks
    from mmrag.cli.terminal import output, print_json
    from mmrag.config import load_recipe

    recipe = load_recipe(pipeline)
    looked = chain(checks.machine(Path.cwd()), checks.packages(), checks.models(recipe))
    found = list(looked) if json else print_checks(output(), looked)
    failed = [check for check in found if check.state is checks.State.FAILED]
    if json:
        print_json({"ready": not failed, "checks": found})
    else:
        print_verdict(output(), pipeline, len(failed))
    if failed:
        raise typer.Exit(ERROR)


def print_checks(console: Console, looked: Iterable[Check]) -> list[Check]:
    """Print each check as soon as it is done; returns them all."""
    from rich.text import Text

    from mmrag.cli.terminal import clean, print_hanging

    marks = {"ok": ("✓", "green"), "note": ("!", "yellow"), "failed": ("✗", "red")}
    done: list[Check] = []
    for check in looked:
        if not done or done[-1].group != check.group:
            console.print(Text(("\n" if done else "") + check.group.capitalize(), style="bold"))
        mark, style = marks[check.state.value]
        line = Text.assemble("  ", (mark, style), f" {check.name}  ", (clean(check.found), "dim"))
        print_hanging(console, line, 6)
        if check.advice:
            print_hanging(console, Text(f"      {clean(check.advice)}", style=style), 6)
        done.append(check)
    return done


def print_verdict(console: Console, pipeline: str, failed: int) -> None:
    """The last line: whether the recipe can be used."""
    from rich.text import Text

    if failed:
        console.print(Text(f"\n{failed} missing or broken: see the lines marked ✗.", style="red"))
    else:
        console.print(Text(f"\nReady: mmrag index FOLDER --pipeline {pipeline}", style="green"))
