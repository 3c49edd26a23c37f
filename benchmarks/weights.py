"""Weights of the lists, chosen with cross-validation: ``python benchmarks/weights.py DEVSET INDEX``.

Every combination of a grid is tried on every question. A combination counts with the mean of nDCG@5 and
nDCG@10, averaged over its neighbours in the grid too, so that a plateau is preferred to a lucky peak. Left
out one document at a time, the others choose the weights, and the document's questions judge them: that
held-out mean says what the choice is worth on documents that it has not seen. The last line is what all
documents choose.
"""

from __future__ import annotations

import argparse
from itertools import product
from pathlib import Path

import numpy as np
from devset import Question, groups, load_questions
from lists import normalised, rank_all
from machine import print_machine
from numpy.typing import NDArray

import mmrag

GRID: dict[str, tuple[float, ...]] = {
    "caption": (0, 0.25, 0.5, 0.75, 1.0),
    "joint/text": (0, 0.25, 0.5),
    "joint/pictures": (0, 0.125, 0.25, 0.5),
    "visual": (0, 0.25, 0.5, 0.75, 1.0),
    "page-terms": (0, 0.25, 0.5),
    "element-terms": (0.25, 0.5, 0.75),
    "multilingual": (0.25, 0.5, 1.0),
}
"""Steps of each weight; ``multilingual`` multiplies those of encoders that are asked where the first is not.
"""


def kind_of(name: str, first: dict[str, str]) -> tuple[str, bool]:
    """Which weight a list has, and whether its encoder is not its strategy's first."""
    strategy, _, rest = name.partition("/")
    if not rest:
        return name, False
    if strategy == "joint":
        rest, _, part = rest.rpartition("/")
        return f"joint/{part}", rest != first[strategy]
    return strategy, rest != first[strategy]


def gains(
    question: Question,
    lists: tuple[list[str], list[tuple[str, int]], NDArray[np.float64]],
    grid: NDArray[np.float64],
    first: dict[str, str],
) -> NDArray[np.float64]:
    """``(combinations,)``: mean of nDCG@5 and nDCG@10 of the question."""
    names, places, scores = lists
    keys = list(GRID)
    columns = []
    for name in names:
        kind, later = kind_of(name, first)
        column = grid[:, keys.index(kind)]
        columns.append(column * grid[:, keys.index("multilingual")] if later else column)
    relevant = np.array([place in question.relevant for place in places])
    discounts = 1 / np.log2(np.arange(2, 12))
    ideal = [discounts[: min(depth, len(question.relevant))].sum() for depth in (5, 10)]
    weights = np.stack(columns, axis=1)
    found = np.empty(len(grid))
    for start in range(0, len(grid), 2048):
        fused = weights[start : start + 2048] @ scores
        top = np.argsort(-fused, axis=1, kind="stable")[:, :10]
        gained = relevant[top] * discounts[: top.shape[1]]
        found[start : start + 2048] = (gained[:, :5].sum(1) / ideal[0] + gained.sum(1) / ideal[1]) / 2
    return found


def smoothed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each cell of the grid averaged with its neighbours along every axis."""
    out = values.reshape([len(steps) for steps in GRID.values()])
    for axis in range(out.ndim):
        padded = np.concatenate([out.take([0], axis), out, out.take([-1], axis)], axis)
        count = out.shape[axis]
        out = (padded.take(range(count), axis) + 2 * out + padded.take(range(2, count + 2), axis)) / 4
    return out.reshape(-1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--without", nargs="*", default=[], help="weights that are kept at 0")
    arguments = parser.parse_args()
    print_machine()
    for name in arguments.without:
        GRID[name] = (0.0,)
    questions = load_questions(arguments.devset)
    with mmrag.open(arguments.index) as index:
        recipe = index.recipe
        first = {
            "caption": recipe.caption.encoders[0],
            "joint": recipe.joint.encoders[0],
            "visual": recipe.visual.encoders[0],
        }
        ranked = rank_all(index, questions)
    grid = np.array(list(product(*GRID.values())), float)
    found = np.stack([gains(one.question, normalised(one), grid, first) for one in ranked])
    files = np.array([question.file for question in questions])
    held_out = np.empty(len(questions))
    for file in sorted(set(files)):
        chosen = smoothed(found[files != file].mean(axis=0)).argmax()
        held_out[files == file] = found[files == file, chosen]
        weights = dict(zip(GRID, grid[chosen].tolist(), strict=True))
        print(f"- without {file}: {weights}, its own {found[files == file, chosen].mean():.3f}")
    chosen = smoothed(found.mean(axis=0)).argmax()
    print(f"\n{len(grid)} combinations, {len(questions)} questions, {len(set(files))} documents")
    print("| questions | n | held out | chosen by all | best of the grid |")
    print("|---|---|---|---|---|")
    for name, members in groups(questions).items():
        best = found[members].mean(axis=0).max()
        print(
            f"| {name} | {len(members)} | {held_out[members].mean():.3f} | "
            f"{found[members, chosen].mean():.3f} | {best:.3f} |"
        )
    print("\nchosen:", dict(zip(GRID, grid[chosen].tolist(), strict=True)))


if __name__ == "__main__":
    main()
