"""``mmrag bench``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mmrag.cli.failing import INTERRUPTED, SKIPPED
from mmrag.cli.faults import all_faults, all_warnings
from mmrag.cli.following import Done, following, say_kept
from mmrag.cli.options import Generator, Json, Offline, named
from mmrag.errors import BudgetError, ModelError, UsageError

if TYPE_CHECKING:
    from mmrag.benchmark.datasets import OnDraft
    from mmrag.benchmark.laying import Workshop
    from mmrag.benchmark.running import Compared, Plan
    from mmrag.benchmark.values import Dataset


def bench(
    dataset: Annotated[
        str,
        typer.Argument(
            metavar="DATASET",
            help="A folder with documents and questions about them. With --self or --generate any folder of "
            "documents, one document, or an index.",
            show_default=False,
            callback=named,
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
            help="Have a language model write N questions about the documents (--generator). Those of an "
            "earlier run count.",
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
        int,
        typer.Option(metavar="N", min=0, help="Of everything random: intervals, tests, generated questions."),
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
            help="Stop before answers or written questions cost more than X, by the prices of the recipe.",
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
    from mmrag.benchmark.caching import OUTCOMES, OutcomeCache
    from mmrag.benchmark.choosing import documents_of, held, setups_of
    from mmrag.benchmark.laying import Workshop
    from mmrag.benchmark.making import check_writing
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
    _check_prices(plan)
    given = None if self_ or generate else _loaded(dataset)
    corpus = documents_of(dataset) if given is None else given.corpus
    folder = out or Path("bench") / _name(dataset, "self" if self_ else "generated" if generate else "")
    if generate:
        check_writing(folder, plan, recipes[pipelines[0]], generate)
    done = Done()
    try:
        with (
            held(folder, fresh=not resume),
            OutcomeCache(folder / OUTCOMES) as cache,
            following(done) as (on_laying, on_draft, on_question),
        ):
            workshop = Workshop(folder, corpus, on_laying)
            asked = given or _questions(folder, workshop, plan, generate, seed, on_draft)
            compared = compare(
                asked, plan, workshop, cache, made_with=_made_with(seed), on_question=on_question
            )
    except KeyboardInterrupt:
        say_kept(folder, done)
        raise typer.Exit(INTERRUPTED) from None
    except ModelError as error:
        if done.outcomes[0] and not isinstance(error, BudgetError):  # which says so by itself
            say_kept(folder, done)
        raise
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


def _check_prices(plan: Plan) -> None:
    prices = [recipe.answer for recipe in plan.recipes.values()]
    if plan.max_cost is not None and not any(one.price_in or one.price_out for one in prices):
        raise UsageError(
            f"--max-cost {plan.max_cost:g} would stop nothing: {' and '.join(plan.recipes)} has no prices: "
            "set answer.price_in and answer.price_out (of a million tokens) in a recipe of your own and name "
            "it with --pipeline"
        )


def _loaded(dataset: str) -> Dataset:
    from mmrag.benchmark import datasets

    with all_faults(), all_warnings() as warn:
        return datasets.load(dataset, on_warning=warn)


def _questions(
    folder: Path, workshop: Workshop, plan: Plan, generate: int | None, seed: int, on_draft: OnDraft | None
) -> Dataset:
    from mmrag.benchmark.counting import counted
    from mmrag.benchmark.making import QUESTIONS, self_made, written
    from mmrag.cli.terminal import errors

    recipe, place = next(iter(plan.recipes.values())), folder / QUESTIONS
    with all_faults(), all_warnings() as warn:
        if generate is None:
            made = self_made(folder, workshop, recipe, warn)
        else:
            made = written(folder, workshop, plan, recipe, generate, seed, on_draft=on_draft, on_warning=warn)
    said = f"{counted(len(made.questions), 'question')}, to read and edit in {place}"
    errors().print(said + _why_fewer(place, generate), style="dim", soft_wrap=True)
    return made


def _why_fewer(place: Path, generate: int | None) -> str:
    """What to say where fewer questions hold than were wanted."""
    from mmrag.benchmark.counting import counted
    from mmrag.benchmark.datasets import drafts_in

    drafts = drafts_in(place)
    if generate is None or drafts is None or drafts.held >= generate:
        return ""
    tried = counted(len(drafts.fates), "draft")
    return f"; of {tried} {drafts.held} held, not the {generate} wanted: {drafts.left_out}"


def _made_with(seed: int) -> dict[str, str]:
    from mmrag.benchmark.machine import made_with

    return {**made_with("mmrag"), "seed": str(seed)}


def _close(compared: Compared, folder: Path, seed: int, *, json: bool) -> None:
    """Write everything down and print the tables."""
    from mmrag.benchmark.report import IndexPages, write_report
    from mmrag.benchmark.saving import as_json, save_comparison
    from mmrag.benchmark.tables import differences, measured, tables
    from mmrag.cli.tabulating import print_tables
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
