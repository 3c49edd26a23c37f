"""Asking every question of every setup, through the calls that any user has."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import mmrag
from mmrag.benchmark.caching import OutcomeCache, outcome_key, setup_key
from mmrag.benchmark.counting import counted
from mmrag.benchmark.laying import Workshop
from mmrag.benchmark.values import BM25, Comparison, Dataset, Found, Outcome, Question, Run, Setup
from mmrag.config import STRATEGIES, Recipe
from mmrag.encoders.lists import ChunkList
from mmrag.errors import BudgetError, ModelError, UsageError
from mmrag.index.lexical import Terms
from mmrag.strategies import load_strategies
from mmrag.types import Hit, Query

OnQuestion = Callable[[str, int, int], None]
"""Called with the setup's name, and how many of all outcomes are there."""

_NAMED = 5  # gold pages that a message names


@dataclass(frozen=True, slots=True)
class Plan:
    """What is compared, and how it is asked.

    Attributes:
        setups: the columns.
        recipes: by what the setups call them.
        top_k: pages that a search returns; measures look at ten.
        answers: whether questions are answered, too.
        generator: spec of what answers; the recipe's if ``None``.
        max_cost: most that the answers of this run may cost; ``None`` for no limit.
    """

    setups: tuple[Setup, ...]
    recipes: Mapping[str, Recipe]
    top_k: int = 10
    answers: bool = False
    generator: str | None = None
    max_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison, its indexes by pipeline, and the setups that could not be compared, with why."""

    comparison: Comparison
    indexes: Mapping[str, Path]
    failed: Mapping[str, str]


def compare(
    dataset: Dataset,
    plan: Plan,
    workshop: Workshop,
    cache: OutcomeCache,
    *,
    made_with: Mapping[str, str] | None = None,
    on_question: OnQuestion | None = None,
) -> Compared:
    """Lay every view and ask every question that no earlier run has asked.

    Args:
        dataset: questions and documents.
        plan: what is compared.
        workshop: where the indexes are made.
        cache: where outcomes are kept.
        made_with: of the comparison.
        on_question: hears how far it is.

    Raises:
        UsageError: if there are no questions, gold pages are not among the documents, or a setup asks BM25
            alone with a recipe that gives it no weight.
        ModelError: if no setup at all can be compared, or a model fails in the middle.
        BudgetError: if ``max_cost`` is spent; what was answered is kept.
    """
    if not dataset.questions:
        raise UsageError(f"the dataset {dataset.name} has no questions")
    for question in dataset.questions:
        if question.picture is not None and not Path(question.picture).is_file():
            raise UsageError(f"question {question.id} has no picture {question.picture}")
    asker = _Asker(dataset.questions, plan, cache, on_question)
    runs: list[Run] = []
    indexes: dict[str, Path] = {}
    failed: dict[str, str] = {}
    for pipeline, recipe in plan.recipes.items():
        setups = [setup for setup in plan.setups if setup.pipeline == pipeline]
        base = workshop.base(recipe, dataset)
        check_gold(dataset, base)
        path, lacks = workshop.lay(base, pipeline, recipe, [one.strategies for one in setups])
        failed |= {
            setup.name: f"{view}: {lacks[view]}"
            for setup in setups
            for view in setup.strategies
            if view in lacks
        }
        indexes[pipeline] = path
        runs += [
            Run(setup, workshop.laying(base, recipe, setup.strategies), asker.ask(path, setup))
            for setup in setups
            if setup.name not in failed
        ]
    if not runs:
        raise ModelError(f"nothing can be compared: {next(iter(failed.values()))}")
    in_order = sorted(runs, key=lambda run: plan.setups.index(run.setup))
    return Compared(Comparison(dataset, tuple(in_order), made_with or {}), indexes, failed)


def check_gold(dataset: Dataset, index: Path) -> None:
    """Every gold page must be among the documents; one that could not be read is there and counts as missed.

    Raises:
        UsageError: saying which pages are not, and how many.
    """
    with mmrag.open(index) as opened:
        pages = {document.path: document.page_count for document in opened.documents()}
        unread = {file.path for file in opened.files() if file.status.skipped}
    wrong = [
        (question.id, gold)
        for question in dataset.questions
        for gold in question.gold
        if gold.file not in unread and not (gold.file in pages and 0 <= gold.page <= pages[gold.file])
    ]
    if wrong:
        named = ", ".join(f"{gold.file}#{gold.page} of {key}" for key, gold in wrong[:_NAMED])
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        verb = "is" if len(wrong) == 1 else "are"
        raise UsageError(
            f"{counted(len(wrong), 'gold page')} {verb} not among the documents of {dataset.corpus}: {named}"
            f"{more}; correct the questions, or add the documents"
        )


def asked_by(recipe: Recipe, setup: Setup) -> Recipe:
    """The recipe that a setup searches with: where it asks no view, none has a weight.

    Raises:
        UsageError: if nothing has one then.
    """
    if setup.strategies:
        return recipe
    words = {table.list: recipe.retrieve.weight(table.list) for table in Terms}
    if not any(words.values()):
        raise UsageError(
            f"{setup.name} would find nothing: the recipe gives {' and '.join(words)} no weight; give one a "
            f"weight, or leave {BM25} out"
        )
    return replace(recipe, retrieve=replace(recipe.retrieve, weights=words | dict.fromkeys(STRATEGIES, 0.0)))


class _Asker:
    """Asks the questions of one setup after another, and keeps count over all."""

    def __init__(
        self, questions: Sequence[Question], plan: Plan, cache: OutcomeCache, on_question: OnQuestion | None
    ) -> None:
        self._questions, self._plan, self._cache = questions, plan, cache
        self._recipes = {setup: asked_by(plan.recipes[setup.pipeline], setup) for setup in plan.setups}
        self._on_question = on_question
        self._done, self._spent = 0, 0.0

    def ask(self, path: Path, setup: Setup) -> tuple[Outcome, ...]:
        """The outcomes of a setup, in the order of the questions."""
        recipe = self._recipes[setup]
        # Opened for each setup: what one has read must not make the next one look fast.
        with mmrag.open(path, pipeline=recipe) as index:
            return self._outcomes(index, setup, recipe)

    def _outcomes(self, index: mmrag.Index, setup: Setup, recipe: Recipe) -> tuple[Outcome, ...]:
        plan = self._plan
        generator = (plan.generator or recipe.answer.generator) if plan.answers else None
        key = setup_key(index.path, recipe, setup, plan.top_k, generator)
        known = [self._cache.get(outcome_key(key, question), question) for question in self._questions]
        sees = _finds_by_picture(recipe, setup)
        if None in known:
            # Models are loaded before the clock runs.
            index.search(self._questions[0].text or "?", plan.top_k, strategies=setup.strategies or None)
        outcomes = []
        for question, outcome in zip(self._questions, known, strict=True):
            if outcome is None:
                outcome = self._asked(index, setup, question, sees=sees)
                self._cache.put(outcome_key(key, question), outcome)
            outcomes.append(outcome)
            self._tell(setup)
        return tuple(outcomes)

    def _asked(self, index: mmrag.Index, setup: Setup, question: Question, *, sees: bool) -> Outcome:
        query = Query(question.text, question.picture if sees else None)
        if not query.text and query.picture is None:
            return Outcome(question.id, (), 0.0, refused=True)
        begin = time.perf_counter()
        hits = index.search(query, self._plan.top_k, strategies=setup.strategies or None)
        seconds = time.perf_counter() - begin
        outcome = Outcome(question.id, _ranking(hits), round(seconds, 6))
        if not self._plan.answers:
            return outcome
        # Nothing was asked in words that could be answered.
        words = query.text.strip()
        return self._answered(index, setup, query, outcome) if words else replace(outcome, refused=True)

    def _answered(self, index: mmrag.Index, setup: Setup, query: Query, outcome: Outcome) -> Outcome:
        limit = self._plan.max_cost
        left = None if limit is None else limit - self._spent
        try:
            answer = index.ask(
                query,
                strategies=setup.strategies or None,
                generator=self._plan.generator,
                max_cost=left,
            )
        except BudgetError as error:
            raise BudgetError(f"{self._kept()}: {error}") from error
        self._spent += answer.cost
        if left is not None and answer.stopped and answer.cost > 0.9 * left:
            raise BudgetError(
                f"{self._kept()}: the answers have cost {self._spent:.4g} of {limit:.4g} allowed"
            )
        return replace(
            outcome,
            answer=answer.text,
            refused=answer.refused,
            tokens=dict(answer.tokens),
            cost=answer.cost,
        )

    def _kept(self) -> str:
        whole = len(self._questions) * len(self._plan.setups)
        return f"{self._done} of {whole} outcomes are kept, and the same command with more --max-cost goes on"

    def _tell(self, setup: Setup) -> None:
        self._done += 1
        if self._on_question is not None:
            self._on_question(setup.name, self._done, len(self._questions) * len(self._plan.setups))


def _ranking(hits: Sequence[Hit]) -> tuple[Found, ...]:
    """The pages with falling scores: where a reranker has changed the order, what is left of the depth."""
    scores = [hit.score for hit in hits]
    if scores != sorted(scores, reverse=True):
        scores = [float(len(hits) - place) for place in range(len(hits))]
    return tuple(
        Found(hit.document.path, hit.page.number, score, hit.element.bbox)
        for hit, score in zip(hits, scores, strict=True)
    )


def _finds_by_picture(recipe: Recipe, setup: Setup) -> bool:
    return bool(setup.strategies) and any(
        isinstance(made, ChunkList)
        and "picture" in made.encoder.modalities
        and recipe.retrieve.weight(made.name)
        for strategy in load_strategies(replace(recipe, strategies=setup.strategies))
        for made in strategy.lists
    )
