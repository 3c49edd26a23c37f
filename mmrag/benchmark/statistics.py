"""Which setup is better than which, and how sure that is.

Setups are compared by their differences on the same questions. A paired randomisation test asks how often a
mean difference as large comes about if it does not matter which setup did what (Fisher 1935; for retrieval:
Smucker, Allan & Carterette 2007, "A comparison of statistical significance tests for information retrieval
evaluation"): the signs of the differences are flipped at random.

Questions about one document stand or fall together: one scan that a setup can't read loses all of its
questions. Flipped one by one they would count as so many independent witnesses, and differences that another
set of documents would not show would be found significant far too often. So all questions of a document flip
together (Winkler et al. 2015, "Multi-level block permutation"), and the bootstrap for the confidence interval
draws whole documents (Field & Welsh 2007, "Bootstrapping clustered data"). Under `FEWEST_DOCUMENTS` no result
of that could be significant; then questions are the units, and what is found holds for these documents alone.

Comparing many pairs finds something by chance: p-values are adjusted by Holm 1979, "A simple sequentially
rejective multiple test procedure", which bounds the chance of even one false finding among all pairs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from mmrag.benchmark.values import Gold, Question

Values = NDArray[np.float64]
Clusters = NDArray[np.int64]

FEWEST_DOCUMENTS = 6
"""With m documents the smallest p-value is 2 / 2^m: with 5 it is .06."""

PAGES = ".pages"
"""How the name of a folder ends that holds the pages of one document as pictures."""

DRAWS = 10_000
ALPHA = 0.05
_EXACT_UP_TO = 13  # clusters: 2^13 sign patterns are fewer than DRAWS
_DRAWS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """Two setups compared by one measure.

    Attributes:
        first, second: their names.
        questions: on how many questions both have a value.
        difference: mean of the first less mean of the second, on these.
        low, high: confidence interval of it, at level 1 - alpha, not adjusted for the number of pairs.
        p: of the randomisation test, two-sided. adjusted: the same by Holm over all pairs.
        better: name of the better one; empty where no difference is shown.
    """

    first: str
    second: str
    questions: int
    difference: float
    low: float
    high: float
    p: float
    adjusted: float
    better: str

    @property
    def verdict(self) -> str:
        """In words: which is better, or that no difference is shown."""
        if not self.better:
            return f"no difference shown between {self.first} and {self.second}"
        return f"{self.better} is better than {self.second if self.better == self.first else self.first}"


def documents_of(questions: Sequence[Question]) -> tuple[Clusters, str]:
    """The questions' units for the test and the interval: ``(n,)`` numbers, and whether these are
    ``documents`` or, where there are too few of these, ``questions``.

    A question belongs to the document of its best gold.
    """
    files = [_document(best_gold(question).file) for question in questions]
    numbers = {file: number for number, file in enumerate(dict.fromkeys(files))}
    if len(numbers) < FEWEST_DOCUMENTS:
        return np.arange(len(questions)), "questions"
    return np.array([numbers[file] for file in files], np.int64), "documents"


def best_gold(question: Question) -> Gold:
    """The gold that a question is counted under where it has several."""
    return max(question.gold, key=lambda gold: gold.grade)


def randomisation_test(
    differences: Values, clusters: Clusters, *, draws: int = DRAWS, seed: int = 0
) -> float:
    """Two-sided p-value of the mean of paired differences, signs flipped by cluster.

    All sign patterns are tried where they are few; else the p-value of ``draws`` random ones counts the
    observed pattern with them, so that it is never 0 and never too small (Phipson & Smyth 2010).

    Args:
        differences: ``(n,)``, without NaN.
        clusters: ``(n,)``, equal numbers for questions that flip together.
        draws: random sign patterns.
        seed: of the draws.
    """
    sums, _ = _by_cluster(differences, clusters)
    sums = sums[sums != 0]
    observed = abs(sums.sum())
    if observed <= 1e-12 * np.abs(sums).sum():
        return 1.0
    at_least = observed * (1 - 1e-9)  # sums of the same numbers in another order count as equal
    if len(sums) <= _EXACT_UP_TO:
        patterns = _all_signs(len(sums))
        return float((np.abs(patterns @ sums) >= at_least).mean())
    random = np.random.default_rng(seed)
    count = 1
    for size in _batches(draws):
        signs = random.integers(0, 2, (size, len(sums)), np.int8) * np.int8(2) - np.int8(1)
        count += int((np.abs(signs @ sums) >= at_least).sum())
    return count / (draws + 1)


def interval(
    values: Values, clusters: Clusters, *, level: float = 1 - ALPHA, draws: int = DRAWS, seed: int = 0
) -> tuple[float, float]:
    """Confidence interval of the mean, from bootstrap samples of whole clusters (percentiles).

    It is somewhat too narrow with few clusters, as every bootstrap is. NaN for no values.

    Args:
        values: ``(n,)``; NaN are left out.
        clusters: ``(n,)``, equal numbers for questions that are drawn together.
        level: share of such intervals that should hold the true mean.
        draws: bootstrap samples.
        seed: of the draws.
    """
    known = ~np.isnan(values)
    if not known.any():
        return math.nan, math.nan
    sums, sizes = _by_cluster(values[known], clusters[known])
    random = np.random.default_rng(seed)
    means = []
    for size in _batches(draws):
        drawn = random.multinomial(len(sums), np.full(len(sums), 1 / len(sums)), size)
        means.append((drawn @ sums) / (drawn @ sizes))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for their number, in their order; each is compared with alpha as it is."""
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, at in enumerate(sorted(range(len(p_values)), key=lambda at: p_values[at])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[at]))
        adjusted[at] = highest
    return adjusted


def better(
    values: Mapping[str, Values],
    clusters: Clusters,
    *,
    alpha: float = ALPHA,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Difference, ...]:
    """Every pair of setups compared by one measure.

    Args:
        values: the measure by name of the setup, each ``(n,)`` over the same questions, higher is better; NaN
            where a question has no value.
        clusters: ``(n,)`` units, as of `documents_of`.
        alpha: chance of one false finding among all pairs that is accepted.
        draws, seed: of the test and of the interval.

    Returns:
        One for each pair, in the order of the names.
    """
    pairs = list(combinations(values, 2))
    found = [
        _compared(values[first], values[second], clusters, alpha, draws, seed) for first, second in pairs
    ]
    adjusted = holm([p for *_, p in found])
    return tuple(
        Difference(first, second, count, mean, low, high, p, sure, _winner(first, second, mean, sure, alpha))
        for (first, second), (count, mean, low, high, p), sure in zip(pairs, found, adjusted, strict=True)
    )


def _document(file: str) -> str:
    """The file, or the folder of the pages that it is one of."""
    folder, _, _ = file.rpartition("/")
    return folder if folder.endswith(PAGES) else file


def _compared(
    first: Values, second: Values, clusters: Clusters, alpha: float, draws: int, seed: int
) -> tuple[int, float, float, float, float]:
    differences = first - second
    known = ~np.isnan(differences)
    if not known.any():
        return 0, math.nan, math.nan, math.nan, 1.0
    differences, units = differences[known], clusters[known]
    low, high = interval(differences, units, level=1 - alpha, draws=draws, seed=seed)
    p = randomisation_test(differences, units, draws=draws, seed=seed)
    return int(known.sum()), float(differences.mean()), low, high, p


def _winner(first: str, second: str, difference: float, adjusted: float, alpha: float) -> str:
    if adjusted > alpha:
        return ""
    return first if difference > 0 else second


def _by_cluster(values: Values, clusters: Clusters) -> tuple[Values, Values]:
    """Sum and size of each cluster."""
    _, places = np.unique(clusters, return_inverse=True)
    return np.bincount(places, values).astype(np.float64), np.bincount(places).astype(np.float64)


def _all_signs(count: int) -> Values:
    """``(2^(count - 1), count)``: every pattern but for its mirror image, which has the same mean."""
    patterns = np.arange(2 ** (count - 1))[:, None]
    return (1 - 2 * ((patterns >> np.arange(count)) & 1)).astype(np.float64)


def _batches(draws: int) -> Iterator[int]:
    for start in range(0, draws, _DRAWS_AT_ONCE):
        yield min(_DRAWS_AT_ONCE, draws - start)
