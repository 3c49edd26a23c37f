"""``mmrag models``."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.benchmark.counting import counted
from mmrag.cli.options import Json, Offline, Strategies
from mmrag.cli.sizes import rough_size

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.config import Recipe
    from mmrag.models import RecipeModel


def models(
    pipeline: Annotated[
        str, typer.Option(metavar="NAME|FILE", help="The recipe whose models are listed.")
    ] = "mini",
    strategy: Strategies = None,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch from the hub what is not on this machine.")
    ] = False,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """List the models that a recipe needs, whether they are on this machine, and what is missing.

    Nothing is loaded, and without --fetch nothing is fetched. With --offline, exit code 1 says that something
    is missing.
    """
    from mmrag.cli.terminal import errors, output, print_json
    from mmrag.config import load_recipe
    from mmrag.errors import ModelError, UsageError
    from mmrag.models import models_of

    if fetch and offline:
        raise UsageError("--fetch needs the network and --offline forbids it: leave one of them out")
    recipe = load_recipe(pipeline)
    strategies = strategy or recipe.strategies
    found = models_of(recipe, strategies)
    if fetch:
        from mmrag.cli.fetching import fetch_models

        fetch_models(errors(), found)
        found = models_of(recipe, strategies)
    missing = [model for model in found if model.problem]
    if json:
        print_json({"recipe": recipe.name, "ready": not missing, "models": found})
    else:
        print_models(output(), recipe, strategies, found)
        print_next(output(), pipeline, strategy or (), found)
    if offline and missing:
        raise ModelError(_told(pipeline, missing))


def print_models(
    console: Console, recipe: Recipe, strategies: Sequence[str], found: Sequence[RecipeModel]
) -> None:
    """One line a model: whether it can be used, what it is for, its size, where it is or what is missing."""
    from rich.text import Text

    from mmrag.cli.terminal import clean, print_hanging

    title = Text.assemble((f"Recipe {clean(recipe.name)}", "bold"), f"  {clean(recipe.description)}")
    print_hanging(console, title, 2)
    console.print(Text(f"Strategies  {', '.join(strategies)}\n"))
    for model in found:
        mark, style = ("✗", "red") if model.problem else ("✓", "green")
        about = " · ".join(clean(part) for part in (", ".join(model.roles), *_where(model)) if part)
        line = Text.assemble("  ", (mark, style), f" {clean(model.spec)}  ", (about, "dim"))
        print_hanging(console, line, 6)
        if model.problem:
            print_hanging(console, Text(f"      {clean(model.problem)}", style=style), 6)


def print_next(
    console: Console, pipeline: str, strategy: Sequence[str], found: Sequence[RecipeModel]
) -> None:
    """What to do next: fetch, install, or use the recipe."""
    from rich.text import Text

    from mmrag.cli.terminal import print_hanging
    from mmrag.config import STRATEGIES, recipe_names
    from mmrag.models import EXTRA

    named = ["all"] if set(strategy) == set(STRATEGIES) else strategy
    chosen = "".join(f" --strategy {name}" for name in named)
    quoted = shlex.quote(pipeline)
    absent = [model for model in found if model.to_fetch]
    packages = list(dict.fromkeys(package for model in found for package in model.packages))
    lines = []
    if packages:
        lines.append(f"Not installed: {', '.join(packages)}. Install: {EXTRA}")
    if absent:
        size = rough_size(sum(model.size or 0 for model in absent))
        amount = f", about {size}" if all(model.size for model in absent) else ""
        lines.append(
            f"Not on this machine: {counted(len(absent), 'model')}{amount}. "
            f"Fetch: mmrag models --pipeline {quoted}{chosen} --fetch"
        )
    console.print()
    for line in lines:
        print_hanging(console, Text(line, style="yellow"), 2)
    if not any(model.problem for model in found):
        console.print(Text(f"Ready: mmrag index FOLDER --pipeline {quoted}{chosen}", style="green"))
    others = [name for name in recipe_names() if name != pipeline]
    console.print(Text(f"Other recipes: {', '.join(others)}", style="dim"))


def _where(model: RecipeModel) -> tuple[str, ...]:
    from mmrag.models import Origin

    if model.origin is Origin.INSTALLED:
        return ("comes with mmrag",)
    if model.origin is Origin.PLUGIN:
        return ("of LlamaIndex" if model.spec.startswith("llama-index:") else "your own",)
    if model.origin is Origin.SERVER:
        return (f"server {model.name}, not asked whether it is there",)
    size = rough_size(model.size) if model.size else "size unknown"
    if model.path is None:
        return (f"about {size}" if model.size else size,)
    return (size, _home(model.path))


def _home(path: str) -> str:
    """The path as people write it. Of a hub model, the folder that holds all its states."""
    place = Path(path)
    place = place.parent.parent if place.parent.name == "snapshots" else place
    try:
        return f"~/{place.relative_to(Path.home())}"
    except (ValueError, RuntimeError):
        return str(place)


def _told(pipeline: str, missing: Sequence[RecipeModel]) -> str:
    specs = ", ".join(model.spec for model in missing)
    return f"{counted(len(missing), 'model')} of the recipe {pipeline} can't be used here and now: {specs}"
