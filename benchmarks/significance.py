"""What the test of differences finds on simulated comparisons: ``python benchmarks/significance.py``.

1,000 comparisons of two setups each, on 24 documents with 5 questions. Prints how often a difference is found
at 5 %, where there is none and where one was planted, with documents and with single questions as units.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from numpy.random import Generator, default_rng
from numpy.typing import NDArray

from mmrag.benchmark.machine import print_machine
from mmrag.benchmark.statistics import randomisation_test

SIMULATIONS = 1000
DOCUMENTS, QUESTIONS_EACH = 24, 5
DRAWS = 400
BY_DOCUMENT = np.repeat(np.arange(DOCUMENTS), QUESTIONS_EACH)
BY_QUESTION = np.arange(len(BY_DOCUMENT))

Values = NDArray[np.float64]
Make = Callable[[Generator], Values]


def ndcg_of(random: Generator, ease: Values) -> Values:
    """nDCG@5 of questions with one gold page, whose rank is geometric: many equal values, many zeros."""
    ranks = random.geometric(ease)
    return np.where(ranks <= 5, 1 / np.log2(ranks + 1), 0.0)


def independent(random: Generator) -> Values:
    """Differences of setups that are equally good; questions have nothing to do with one another."""
    ease = random.uniform(0.1, 0.9, len(BY_DOCUMENT))
    return ndcg_of(random, ease) - ndcg_of(random, ease)


def clustered(random: Generator) -> Values:
    """Neither setup is better on the whole, but each document suits one of them."""
    lean = np.repeat(random.normal(0, 0.25, DOCUMENTS), QUESTIONS_EACH)
    ease = random.uniform(0.3, 0.7, len(BY_DOCUMENT))
    first = ndcg_of(random, np.clip(ease + lean, 0.05, 0.95))
    return first - ndcg_of(random, np.clip(ease - lean, 0.05, 0.95))


def found(make: Make, units: NDArray[np.int64], planted: float = 0.0) -> int:
    """In how many simulations a difference is found at 5 %; ``planted`` is added to every question."""
    random = default_rng(20_25)
    p_values = (
        randomisation_test(make(random) + planted, units, draws=DRAWS, seed=seed)
        for seed in range(SIMULATIONS)
    )
    return sum(p <= 0.05 for p in p_values)


def main() -> None:
    argparse.ArgumentParser(description=__doc__).parse_args()
    print_machine()
    print("| difference | questions | by document | by question |")
    print("|---|---|---|---|")
    for name, make in (("independent", independent), ("each document suits one setup", clustered)):
        for planted in (0.0, 0.05, 0.1, 0.2, 0.3):
            shares = (found(make, units, planted) / SIMULATIONS for units in (BY_DOCUMENT, BY_QUESTION))
            print(f"| {planted:.2f} | {name} |", " | ".join(f"{share:.1%}" for share in shares), "|")


if __name__ == "__main__":
    main()
