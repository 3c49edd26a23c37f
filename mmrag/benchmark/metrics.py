"""Measures of a ranking of pages, as trec_eval defines them, and of an answer.

nDCG gains the grade of a page and discounts it by log2(rank + 1) (Järvelin & Kekäläinen 2002, "Cumulated
gain-based evaluation of IR techniques", with trec_eval's gains). The ideal ranking holds all gold pages, so
that what was not found costs. Recall is the share of the gold pages that were found, Hit whether one was, MRR
the mean of 1 / rank of the first.

A ranking is put in order by `ordered` before it is measured: trec_eval does not read ranks, it sorts by
score, and a run that we have written must come to the same figures there.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from mmrag.benchmark.accepted import holds
from mmrag.benchmark.values import Found, Gold, Outcome, Question

Values = NDArray[np.float64]

_MARKER = re.compile(r"\[\d+\]")


def page_id(file: str, page: int) -> str:
    """``file.pdf#3``: what a page is called in runs and qrels."""
    return f"{file}#{page}"


def ordered(ranking: Sequence[Found]) -> tuple[Found, ...]:
    """The pages as trec_eval ranks them, each once: by falling score, and at equal score by falling id.

    Scores are compared in single precision and ids byte by byte, as trec_eval does. The order of ties is
    arbitrary, but it is the same for every system, and nobody can have arranged it.
    """
    by_id = sorted(
        ranking,
        key=lambda found: page_id(found.file, found.page).encode("utf-8", "surrogatepass"),
        reverse=True,
    )
    best = sorted(by_id, key=lambda found: -np.float32(found.score))
    first: dict[tuple[str, int], Found] = {}
    for found in best:
        first.setdefault((found.file, found.page), found)
    return tuple(first.values())


def judged(ranking: Sequence[Found], question: Question) -> tuple[tuple[Found, ...], tuple[Gold, ...]]:
    """What is measured: the ranking in its order, and the gold, both by file where a gold is a whole file.

    Where the gold of a question names whole files (page 0), every file counts once, at the rank of its best
    page, as page 0.
    """
    if all(gold.page for gold in question.gold):
        return ordered(ranking), question.gold
    graded = sorted(question.gold, key=lambda gold: gold.grade)
    gold = {one.file: replace(one, page=0, boxes=()) for one in graded}
    files: dict[str, Found] = {}
    for found in ordered(ranking):
        files.setdefault(found.file, replace(found, page=0, box=None))
    return tuple(files.values()), tuple(gold.values())


def ndcg(ranking: Sequence[Found], gold: Sequence[Gold], depth: int) -> float:
    """nDCG of the first ``depth`` pages, 0..1."""
    grades = _grades(gold)
    gained = _discounted([grades.get((found.file, found.page), 0) for found in ranking[:depth]])
    ideal = _discounted(sorted(grades.values(), reverse=True)[:depth])
    return gained / ideal if ideal else 0.0


def recall(ranking: Sequence[Found], gold: Sequence[Gold], depth: int) -> float:
    """Share of the gold pages among the first ``depth``, 0..1."""
    wanted = set(_grades(gold))
    return (
        len(wanted & {(found.file, found.page) for found in ranking[:depth]}) / len(wanted) if wanted else 0.0
    )


def reciprocal_rank(ranking: Sequence[Found], gold: Sequence[Gold], depth: int) -> float:
    """1 / rank of the first gold page, 0 if there is none among the first ``depth``."""
    wanted = _grades(gold)
    ranks = (rank for rank, found in enumerate(ranking[:depth], 1) if (found.file, found.page) in wanted)
    return 1 / next(ranks, math.inf)


def hit(ranking: Sequence[Found], gold: Sequence[Gold], depth: int) -> float:
    """1 if a gold page is among the first ``depth``, else 0."""
    return float(reciprocal_rank(ranking, gold, depth) > 0)


def evidence_iou(ranking: Sequence[Found], gold: Sequence[Gold], depth: int = 5) -> float:
    """How well the place is met: the best intersection over union of a found box with a gold box, 0..1.

    Counted are the gold pages among the first ``depth`` with the box of the element that spoke for each;
    0 where none of them is there or none has a box; NaN where the gold has no boxes.
    """
    boxes = {(one.file, one.page): one.boxes for one in gold if one.boxes}
    if not boxes:
        return math.nan
    met = (
        found.box.iou(box)
        for found in ranking[:depth]
        if found.box is not None
        for box in boxes.get((found.file, found.page), ())
    )
    return max(met, default=0.0)


def answer_score(outcome: Outcome | None, question: Question) -> float:
    """1 if the answer holds an accepted variant, else 0, as for a refusal; NaN with nothing to judge."""
    if outcome is None or outcome.answer is None or not question.answers:
        return math.nan
    text = "" if outcome.refused else _MARKER.sub(" ", outcome.answer)
    return float(holds(text, question.answers))


_Measure = Callable[[Sequence[Found], Sequence[Gold]], float]
_OF_RANKINGS: dict[str, _Measure] = {
    "nDCG@5": lambda ranking, gold: ndcg(ranking, gold, 5),
    "nDCG@10": lambda ranking, gold: ndcg(ranking, gold, 10),
    "Recall@1": lambda ranking, gold: recall(ranking, gold, 1),
    "Recall@5": lambda ranking, gold: recall(ranking, gold, 5),
    "Recall@10": lambda ranking, gold: recall(ranking, gold, 10),
    "MRR@10": lambda ranking, gold: reciprocal_rank(ranking, gold, 10),
    "Hit@1": lambda ranking, gold: hit(ranking, gold, 1),
    "Hit@5": lambda ranking, gold: hit(ranking, gold, 5),
    "IoU@5": lambda ranking, gold: evidence_iou(ranking, gold, 5),
}
ANSWER = "Answer"
MEASURES = (*_OF_RANKINGS, ANSWER)
"""Names of all measures, in the order of tables. Higher is better in each."""


def measures(outcomes: Sequence[Outcome], questions: Sequence[Question]) -> dict[str, Values]:
    """Every measure by name, each ``(len(questions),)`` float64, in the order of ``questions``.

    A question without an outcome has found nothing; outcomes of other questions don't count. NaN stands where
    a measure says nothing about a question: IoU without gold boxes, the answer where none was asked for.
    """
    by_question = {outcome.question: outcome for outcome in outcomes}
    found: Mapping[str, list[float]] = {name: [] for name in MEASURES}
    for question in questions:
        outcome = by_question.get(question.id)
        ranking, gold = judged(outcome.ranking if outcome else (), question)
        for name, measure in _OF_RANKINGS.items():
            found[name].append(measure(ranking, gold))
        found[ANSWER].append(answer_score(outcome, question))
    return {name: np.array(values, np.float64) for name, values in found.items()}


def mean(values: Values) -> float:
    """Mean of the questions that a measure says something about; NaN if there are none."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else math.nan


def _grades(gold: Sequence[Gold]) -> dict[tuple[str, int], int]:
    return {(one.file, one.page): one.grade for one in gold if one.grade > 0}


def _discounted(gains: Sequence[int]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
