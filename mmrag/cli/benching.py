"""``mmrag bench``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mmrag.cli.failing import INTERRUPTED, SKIPPED
from mmrag.cli.options import Generator, Json, Offline
from mmrag.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from mmrag.benchmark.laying import OnLaying, Workshop
    from mmrag.benchmark.running import Compared, OnQuestion, Plan
    from mmrag.benchmark.tables import Table
    from mmrag.benchmark.values import Dataset

_NARROW = 5  # letters that most columns need anyway


def bench(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder with documents and questions about them. With --self or --generate any folder of "
            "documents, or an index.",
            show_default=False,
        ),
    ],
    strategy: Annotated[
        list[str] | None,
        typer.Option(
            "--strategy",
            "-s",
            metavar="NAMES",
            help="What to compare: joint,caption,visual,all with commas between; joint+visual asks both and "
            "fuses them, bm25 asks none. Else each alone, and all.",
            show_default=False,
        ),
    ] = None,
    pipeline: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Recipes to compare, with commas between: names, or paths of .yaml files. Else mini.",
            show_default=False,
        ),
    ] = None,
    self_: Annotated[
        bool,
        typer.Option(
            "--self", help="Ask with the documents' own captions and headings, hidden from the index."
        ),
    ] = False,
    generate: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            help="Have a language model write N questions about the documents (--generator).",
            show_default=False,
        ),
    ] = None,
    generator: Generator = None,
    answers: Annotated[
        bool, typer.Option("--answers", help="Answer every question, too, and judge the answers.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Where everything goes: indexes, outcomes, report. Else bench/<name>.",
            show_default=False,
        ),
    ] = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume/--fresh", help="Take what earlier runs have measured, or measure everything anew."
        ),
    ] = True,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Of everything random: intervals, tests, generated questions.")
    ] = 0,
    top_k: Annotated[
        int,
        typer.Option("--top-k", "-k", metavar="N", min=10, max=1000, help="How many pages are asked for."),
    ] = 10,
    max_cost: Annotated[
        float | None,
        typer.Option(
            "--max-cost",
            metavar="X",
            help="Stop before answers cost more than X, by the prices of the recipe.",
            show_default=False,
        ),
    ] = None,
    offline: Offline = False,
    json: Json = False,
) -> None:
    """Compare strategies and recipes on questions about your own documents.

    Parses once, lays each view, asks every question, and says which is better and what each costs.
    A run that was stopped goes on where it was; what has been measured is not measured again.
    """
    from mmrag.benchmark import datasets
    from mmrag.benchmark.caching import OUTCOMES, OutcomeCache
    from mmrag.benchmark.choosing import documents_of, held, setups_of
    from mmrag.benchmark.laying import Workshop
    from mmrag.benchmark.running import Plan, compare
    from mmrag.config import load_recipe
    from mmrag.models import require

    if self_ and generate:
        raise UsageError("--self and --generate both make questions: choose one")
    pipelines = _words(pipeline) or ["mini"]
    setups = setups_of(pipelines, _words(strategy))
    recipes = {name: load_recipe(name) for name in pipelines}
    for name, recipe in recipes.items():
        require(recipe, sorted({view for one in setups if one.pipeline == name for view in one.strategies}))
    plan = Plan(setups, recipes, top_k, answers, generator, max_cost)
    given = None if self_ or generate else datasets.load(dataset)
    corpus = documents_of(dataset) if given is None else given.corpus
    folder = out or Path("bench") / _name(dataset, "self" if self_ else "generated" if generate else "")
    done = [0, 0]
    try:
        with (
            held(folder, fresh=not resume),
            OutcomeCache(folder / OUTCOMES) as cache,
            _progress(done) as (on_laying, on_question),
        ):
            workshop = Workshop(folder, corpus, on_laying)
            asked = given or _questions(folder, workshop, plan, generate, seed)
            compared = compare(
                asked, plan, workshop, cache, made_with=_made_with(seed), on_question=on_question
            )
    except KeyboardInterrupt:
        _say_kept(folder, done)
        raise typer.Exit(INTERRUPTED) from None
    _close(compared, folder, seed, json=json)
    if compared.failed:
        raise typer.Exit(SKIPPED)


def _words(given: list[str] | None) -> list[str]:
    """Several may stand in one word with commas between; each counts once."""
    parts = (part.strip() for word in given or () for part in word.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _name(dataset: str, kind: str) -> str:
    path = Path(dataset).expanduser().resolve()
    name = path.stem if path.is_file() else path.name
    return f"{name}-{kind}" if kind else name


def _questions(folder: Path, workshop: Workshop, plan: Plan, generate: int | None, seed: int) -> Dataset:
    from mmrag.benchmark.choosing import generated, made_questions, self_made
    from mmrag.cli.terminal import errors

    recipe = next(iter(plan.recipes.values()))
    if generate is None:
        made = made_questions(folder, lambda: self_made(workshop, recipe))
    else:
        made = made_questions(folder, lambda: generated(workshop, plan, recipe, generate, seed))
    said = f"{len(made.questions)} questions, to read and edit in {folder / 'questions'}"
    errors().print(said, style="dim", soft_wrap=True)
    return made


def _made_with(seed: int) -> dict[str, str]:
    from mmrag.benchmark.machine import made_with

    return {**made_with("mmrag"), "seed": str(seed)}


def _close(compared: Compared, folder: Path, seed: int, *, json: bool) -> None:
    """Write everything down and print the tables."""
    from mmrag.benchmark.report import IndexPages, write_report
    from mmrag.benchmark.saving import as_json, save_comparison
    from mmrag.benchmark.tables import differences, measured, tables
    from mmrag.cli.terminal import errors, output, print_json

    comparison = compared.comparison
    found = measured(comparison)
    pairs = differences(comparison, found, seed=seed)
    made = tables(comparison, found, pairs, seed=seed)
    files = save_comparison(comparison, found, pairs, made, folder)
    with IndexPages(compared.indexes.values(), folder / "pages") as pages:
        report = write_report(
            comparison,
            folder,
            found=found,
            pairs=pairs,
            picture_of=pages,
            failed=compared.failed,
            unpaged=pages.unpaged,
            seed=seed,
        )
    for name, reason in compared.failed.items():
        errors().print(f"left out: {name}: {reason}", style="yellow", soft_wrap=True)
    if json:
        plain = as_json(comparison, found, pairs)
        del plain["by_question"], plain["runs"]
        plain["dataset"] |= {"questions": len(comparison.dataset.questions)}
        plain["laying"] = {run.setup.name: run.laying for run in comparison.runs}
        plain["failed"] = compared.failed
        plain["files"] = [str(file) for file in (report, *files)]
        print_json(plain)
        return
    print_tables(output(), made)
    names = ", ".join(file.name for file in files[:3])
    errors().print(f"\nSee {report}; besides in {folder}: {names}, runs/", style="dim", soft_wrap=True)


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


def _say_kept(folder: Path, done: list[int]) -> None:
    from mmrag.cli.terminal import errors

    count = f"{done[0]} of {done[1]} outcomes and " if done[1] else ""
    errors().print(f"Kept in {folder}: {count}what was indexed.", style="yellow", soft_wrap=True)


@contextmanager
def _progress(done: list[int]) -> Iterator[tuple[OnLaying | None, OnQuestion]]:
    """Functions to report progress to; ``done`` is kept up to date with outcomes there and wanted."""
    from mmrag.cli.terminal import errors

    def count(_: str, there: int, whole: int) -> None:
        done[:] = [there, whole]

    if not errors().is_terminal or errors().is_dumb_terminal:
        yield None, count
        return
    from mmrag.cli.progress import expected_pages, steps_bar

    with steps_bar() as show:

        def laying(says: str, progress: Any) -> None:
            show(says, progress.pages_done, expected_pages(progress))

        def asking(setup: str, there: int, whole: int) -> None:
            count(setup, there, whole)
            show(f"asking {setup}", there, whole)

        yield laying, asking
