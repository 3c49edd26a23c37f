"""Weights of the lists, chosen with cross-validation: ``python benchmarks/weights.py DEVSET INDEX``.

Every combination of a grid is tried on every question, with every choice of strategies, as the weights of a
recipe serve whatever views somebody lays; it counts with the mean of nDCG@5 and nDCG@10. The best
combination of one set of questions is a lucky one, so the documents are drawn anew with replacement many
times, each draw has its best combination, and the weights are the mean of these (bagging: Breiman 1996,
"Bagging predictors").

Left out one document at a time, the others choose the weights in this way, and the document's questions
judge them: the held-out figures say what the choice is worth on documents that it has not seen.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from itertools import chain, combinations, product
from pathlib import Path

import numpy as np
from lists import normalised, rank_all
from numpy.typing import NDArray
from questions import document, groups, load_questions, relevant

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.values import Question
from mmrag.config import STRATEGIES

GRID: dict[str, tuple[float, ...]] = {
    "caption": (0.25, 0.5, 1.0),
    "joint/text": (0, 0.25, 0.5, 1.0),
    "joint/pictures": (0, 0.25, 0.5, 1.0),
    "visual": (0.25, 0.5, 1.0),
    "page-terms": (0, 0.25, 0.5),
    "element-terms": (0.25, 0.5, 1.0),
    "multilingual": (0.25, 0.5, 1.0),
}
"""Steps of each weight; ``multilingual`` multiplies those of encoders that are not their strategy's first."""

CHOICES = [
    set(chosen)
    for chosen in chain.from_iterable(
        combinations(STRATEGIES, count) for count in range(1, len(STRATEGIES) + 1)
    )
]
DRAWS = 300
Grid = NDArray[np.float64]


class Judged:
    """One question with its normalised lists: what any weights are worth for it."""

    def __init__(
        self,
        question: Question,
        lists: tuple[list[str], list[tuple[str, int]], Grid],
        first: dict[str, str],
        shared: Sequence[bool],
    ) -> None:
        names, places, self._scores = lists
        self._shared = shared
        self._kinds = [_kind_of(name, first) for name in names]
        wanted = relevant(question)
        self._relevant = np.array([place in wanted for place in places])
        self._count = len(wanted)

    def gains(self, grid: Grid, chosen: set[str]) -> Grid:
        """``(combinations,)``: mean of nDCG@5 and nDCG@10 with the lists of these strategies and BM25."""
        keys = list(GRID)
        columns = []
        witnesses = sum(
            strategy in chosen
            for (_, strategy, _), shared in zip(self._kinds, self._shared, strict=True)
            if shared
        )
        for (kind, strategy, later), shared in zip(self._kinds, self._shared, strict=True):
            column = grid[:, keys.index(kind)] * (not strategy or strategy in chosen)
            if shared:
                column = column / max(1, witnesses)
            columns.append(column * grid[:, keys.index("multilingual")] if later else column)
        weights = np.stack(columns, axis=1)
        discounts = 1 / np.log2(np.arange(2, 12))
        ideal = [discounts[: min(depth, self._count)].sum() for depth in (5, 10)]
        found = np.empty(len(grid))
        for start in range(0, len(grid), 1024):
            fused = weights[start : start + 1024] @ self._scores
            top = np.argsort(-fused, axis=1, kind="stable")[:, :10]
            gained = self._relevant[top] * discounts[: top.shape[1]]
            found[start : start + 1024] = (gained[:, :5].sum(1) / ideal[0] + gained.sum(1) / ideal[1]) / 2
        return found


def _kind_of(name: str, first: dict[str, str]) -> tuple[str, str, bool]:
    """Which weight a list has, its strategy, and whether its encoder is not the strategy's first."""
    strategy, _, rest = name.partition("/")
    if not rest:
        return name, "", False
    if strategy == "joint":
        rest, _, part = rest.rpartition("/")
        return f"joint/{part}", strategy, rest != first[strategy]
    return strategy, strategy, rest != first[strategy]


def bagged(gains: Grid, grid: Grid, files: NDArray[np.str_], generator: np.random.Generator) -> Grid:
    """``(weights,)``: the mean of what is best for each of many draws of documents.

    ``gains`` is ``(questions, combinations)``; ``files`` says which document each question is about.
    """
    names = sorted(set(files.tolist()))
    sums = np.stack([gains[files == name].sum(axis=0) for name in names])
    counts = np.array([(files == name).sum() for name in names])
    draws = generator.multinomial(len(names), np.full(len(names), 1 / len(names)), size=DRAWS).astype(float)
    means = (draws @ sums) / (draws @ counts)[:, None]
    best: Grid = grid[means.argmax(axis=1)].mean(axis=0)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index", help="of DEVSET/corpus, with all three views")
    arguments = parser.parse_args()
    print_machine()
    questions = load_questions(arguments.devset)
    with mmrag.open(arguments.index) as index:
        recipe = index.recipe
        first = {
            "caption": recipe.caption.encoders[0],
            "joint": recipe.joint.encoders[0],
            "visual": recipe.visual.encoders[0],
        }
        ranked = rank_all(index, questions)
    # A list that shares its weight with another, when all views are asked, has less than all of it.
    judged = [
        Judged(one.question, normalised(one), first, [ranked.weight < 1 for ranked in one.lists])
        for one in ranked
    ]
    grid = np.array(list(product(*GRID.values())), float)
    gains = np.mean(
        [[one.gains(grid, chosen) for one in judged] for chosen in CHOICES], axis=0, dtype=np.float64
    )
    files = np.array([document(question) for question in questions])
    generator = np.random.default_rng(0)
    held_out = np.empty((len(CHOICES), len(questions)))
    for file in sorted(set(files.tolist())):
        weights = bagged(gains[files != file], grid, files[files != file], generator)
        for row, chosen in enumerate(CHOICES):
            for at in np.flatnonzero(files == file):
                held_out[row, at] = judged[at].gains(weights[None], chosen)[0]
    weights = bagged(gains, grid, files, generator)
    print(f"{len(grid)} combinations, {len(questions)} questions, {len(set(files.tolist()))} documents,")
    print(f"{DRAWS} draws. Mean of nDCG@5 and nDCG@10, held out / chosen by all documents:\n")
    members = groups(questions)
    print("| strategies |", " | ".join(f"{name} ({len(at)})" for name, at in members.items()), "|")
    print("|---|" + "---|" * len(members))
    for row, chosen in enumerate(CHOICES):
        ours = np.array([one.gains(weights[None], chosen)[0] for one in judged])
        cells = (f"{held_out[row, at].mean():.3f} / {ours[at].mean():.3f}" for at in members.values())
        print(f"| {' + '.join(name for name in STRATEGIES if name in chosen)} |", " | ".join(cells), "|")
    print("\nchosen:", {name: round(float(weight), 2) for name, weight in zip(GRID, weights, strict=True)})


if __name__ == "__main__":
    main()
