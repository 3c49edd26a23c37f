"""Questions that are made of documents, and kept where somebody may read and edit them."""

from __future__ import annotations

from pathlib import Path

import mmrag
from mmrag.benchmark import datasets
from mmrag.benchmark.laying import Workshop
from mmrag.benchmark.running import Plan
from mmrag.benchmark.values import Dataset
from mmrag.config import Recipe
from mmrag.errors import BudgetError
from mmrag.types import Usage

QUESTIONS = "questions"
"""Where they are kept in the folder of a comparison."""


def self_made(
    folder: Path, workshop: Workshop, recipe: Recipe, on_warning: datasets.OnWarning | None = None
) -> Dataset:
    """The documents' own captions and headings as questions: those of an earlier run, else new ones.

    Args:
        folder: of the comparison.
        workshop: of the comparison.
        recipe: says how documents are parsed.
        on_warning: see `mmrag.benchmark.datasets.load`.
    """
    place = folder / QUESTIONS
    if not place.exists():
        with mmrag.open(workshop.parsed(recipe)) as index:
            datasets.save(datasets.self_questions(index), place)
    return datasets.load(place, on_warning=on_warning)


def are_written(folder: Path, count: int) -> bool:
    """Whether there is nothing left to write for so many questions, however many there are by now."""
    place = folder / QUESTIONS
    drafts = datasets.drafts_in(place)
    return place.exists() if drafts is None else drafts.are_enough(count)


def check_writing(folder: Path, plan: Plan, recipe: Recipe, count: int) -> None:
    """Does nothing, unless it shows before any document is parsed that questions can't be written.

    Args:
        folder, plan, recipe, count: as of `written`.

    Raises:
        UsageError: if the generator is no language model. ModelError: if it can't be had or reached.
    """
    if not are_written(folder, count):
        datasets.check_writer(plan.generator or recipe.answer.generator)


def written(
    folder: Path,
    workshop: Workshop,
    plan: Plan,
    recipe: Recipe,
    count: int,
    seed: int,
    *,
    on_draft: datasets.OnDraft | None = None,
    on_warning: datasets.OnWarning | None = None,
) -> Dataset:
    """Questions about the documents that a language model writes; what earlier runs have written counts.

    Args:
        folder: of the comparison.
        workshop: of the comparison.
        plan: says who writes and what that may cost.
        recipe: says so where the plan does not, and has the prices.
        count: questions that are wanted.
        seed: of the sample.
        on_draft, on_warning: see `mmrag.benchmark.datasets`.

    Raises:
        BudgetError: if writing them costs more than the plan allows. ModelError: if the model can't answer.
            What was written is kept, and the message says so.
    """
    place, spent = folder / QUESTIONS, 0.0

    def on_usage(usage: Usage) -> None:
        nonlocal spent
        spent += usage.cost(recipe.answer.price_in, recipe.answer.price_out)
        if plan.max_cost is not None and spent > plan.max_cost:
            raise BudgetError(f"writing questions has cost {spent:.4g} of {plan.max_cost:g} allowed")

    if not are_written(folder, count):
        generator = plan.generator or recipe.answer.generator
        with mmrag.open(workshop.parsed(recipe)) as index:
            datasets.generated(index, generator, count, seed, on_usage, folder=place, on_draft=on_draft)
    return datasets.load(place, on_warning=on_warning)
