"""The strategies alone and together: ``python benchmarks/strategies.py DEVSET INDEX``.

Every strategy alone, every pair, and all, each with and without BM25. INDEX is an index of
``DEVSET/corpus`` with all three views. Prints mean nDCG@5 by kind of question, language, and for scans,
with the weights of the index's recipe; a strategy that its recipe gives no weight counts 1.
"""

from __future__ import annotations

import argparse
import statistics
from itertools import combinations
from pathlib import Path

import numpy as np
from devset import groups, load_questions, ranking, scans
from lists import BM25, fused, rank_all
from numpy.typing import NDArray

import mmrag
from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.metrics import ndcg, recall
from mmrag.config import STRATEGIES


def randomisation(differences: NDArray[np.float64], draws: int = 20_000) -> float:
    """Share of draws with random signs whose sum is at least as far from 0 as that of the differences."""
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (draws, len(differences)))
    return float((np.abs(signs @ differences) >= abs(differences.sum()) - 1e-12).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index")
    parser.add_argument("--lists", action="store_true", help="each list alone, too")
    arguments = parser.parse_args()
    print_machine()
    questions = load_questions(arguments.devset)
    members = groups(questions, scans(questions))
    with mmrag.open(arguments.index) as index:
        ranked = rank_all(index, questions)
        given = dict(mmrag.load_recipe(index.recipe.name).retrieve.weights)
    names = [name for name in members if name != "lang=en"]
    print("| lists | BM25 |", " | ".join(names), "| Recall@5, scanned | p against all |")
    print("|---|---|" + "---|" * (len(names) + 2))
    words = {name: given.get(name, 1.0) for name in BM25}
    everything = dict.fromkeys(STRATEGIES, 1.0) | given | words
    best = np.array(
        [
            ndcg(ranking(fused(one, everything)), question.gold, 5)
            for one, question in zip(ranked, questions, strict=True)
        ]
    )

    def line(says: str, with_bm25: str, weights: dict[str, float]) -> None:
        found = [ranking(fused(one, weights)) for one in ranked]
        means = [
            statistics.fmean(ndcg(found[at], questions[at].gold, 5) for at in members[name]) for name in names
        ]
        scanned = statistics.fmean(
            recall(found[at], questions[at].gold, 5) for at in members.get("scanned", members["all"])
        )
        gains = [ndcg(one, question.gold, 5) for one, question in zip(found, questions, strict=True)]
        p = randomisation(np.array(gains) - best)
        cells = [*(f"{mean:.3f}" for mean in [*means, scanned]), f"{p:.2f}"]
        print(f"| {says} | {with_bm25} |", " | ".join(cells), "|")

    for count in range(1, len(STRATEGIES) + 1):
        for chosen in combinations(STRATEGIES, count):
            dense = dict.fromkeys(chosen, 1.0)
            dense |= {key: weight for key, weight in given.items() if key.split("/")[0] in chosen}
            line(" + ".join(chosen), "no", dense)
            line(" + ".join(chosen), "yes", dense | words)
    line("none", "yes", words)
    if arguments.lists:
        for name in sorted({one.name for found in ranked for one in found.lists}):
            line(name, "no", {name: 1.0})


if __name__ == "__main__":
    main()
