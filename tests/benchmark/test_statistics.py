from __future__ import annotations

import importlib.util
import itertools
import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.random import default_rng

from mmrag.benchmark.statistics import (
    better,
    documents_of,
    holm,
    interval,
    randomisation_test,
)
from mmrag.benchmark.values import Gold, Question


def load(name: str) -> ModuleType:
    path = Path(__file__).resolve().parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


simulated = load("significance")
SIMULATIONS, BY_DOCUMENT, BY_QUESTION = simulated.SIMULATIONS, simulated.BY_DOCUMENT, simulated.BY_QUESTION
# The 99.9 % interval of a binomial count of 1,000 draws at 5 % is 29 to 74.
FEWEST, MOST = 29, 74


def test_one_null_in_twenty_is_rejected_where_questions_are_independent() -> None:
    for units in (BY_DOCUMENT, BY_QUESTION):
        assert FEWEST <= simulated.found(simulated.independent, units) <= MOST


def test_one_null_in_twenty_is_rejected_where_documents_suit_one_or_the_other() -> None:
    assert SIMULATIONS == 1000
    assert FEWEST <= simulated.found(simulated.clustered, BY_DOCUMENT) <= MOST


def test_questions_flipped_one_by_one_would_find_far_too_much() -> None:
    assert simulated.found(simulated.clustered, BY_QUESTION) > 3 * MOST


def test_a_planted_difference_is_found() -> None:
    assert simulated.found(simulated.independent, BY_DOCUMENT, 0.1) > 0.7 * SIMULATIONS
    assert simulated.found(simulated.clustered, BY_DOCUMENT, 0.3) > 0.8 * SIMULATIONS


def test_flipping_documents_costs_little_where_their_questions_are_independent() -> None:
    by_question, by_document = (
        simulated.found(simulated.independent, units, 0.1) for units in (BY_QUESTION, BY_DOCUMENT)
    )
    assert by_question - by_document < 60


def test_few_clusters_are_tested_exactly():
    differences = np.array([0.3, 0.2, 0.2, -0.1, 0.4, 0.1, 0.5])
    clusters = np.array([7, 7, 3, 4, 4, 5, 9])
    sums = [0.5, 0.2, 0.3, 0.1, 0.5]
    flipped = [
        abs(sum(sign * value for sign, value in zip(signs, sums, strict=True)))
        for signs in itertools.product((1, -1), repeat=5)
    ]
    by_hand = sum(value >= sum(sums) - 1e-9 for value in flipped) / 32
    assert randomisation_test(differences, clusters) == pytest.approx(by_hand) == 2 / 32


def test_drawn_patterns_come_near_to_all_of_them():
    random = default_rng(3)
    differences = random.normal(0.2, 1, 13)
    exact = randomisation_test(differences, np.arange(13))
    # Two tiny ones more make it too long to be tried exactly, and change next to nothing.
    longer = np.append(differences, [1e-6, -1e-6])
    assert randomisation_test(longer, np.arange(15)) == pytest.approx(exact, abs=0.02)


def test_no_difference_at_all_is_no_evidence():
    assert randomisation_test(np.zeros(20), np.arange(20)) == 1
    assert randomisation_test(np.tile([0.1, -0.1], 10), np.arange(20)) == 1
    assert randomisation_test(np.array([]), np.array([], int)) == 1


def test_a_p_value_is_never_zero():
    assert randomisation_test(np.ones(50), np.arange(50), draws=99) == 1 / 100


def test_the_same_seed_gives_the_same_figures():
    values = default_rng(1).normal(size=40)
    again = [
        (randomisation_test(values, np.arange(40), seed=5), interval(values, np.arange(40), seed=5))
        for _ in range(2)
    ]
    assert again[0] == again[1]
    assert interval(values, np.arange(40), seed=6) != again[0][1]


def test_the_interval_of_many_questions_is_that_of_the_normal_distribution():
    values = default_rng(2).normal(1, 2, 2000)
    low, high = interval(values, np.arange(2000))
    half = 1.96 * values.std() / math.sqrt(2000)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_equal_questions_of_a_document_narrow_nothing():
    of_documents = default_rng(4).normal(size=30)
    once = interval(of_documents, np.arange(30))
    tenfold = interval(np.repeat(of_documents, 10), np.repeat(np.arange(30), 10))
    assert tenfold == pytest.approx(once)


def test_the_interval_holds_the_true_mean_about_as_often_as_it_says():
    random = default_rng(6)
    met = 0
    for seed in range(400):
        values = np.repeat(random.normal(0, 1, 30), 4) + random.normal(0, 1, 120)
        low, high = interval(values, np.repeat(np.arange(30), 4), draws=400, seed=seed)
        met += low <= 0 <= high
    assert 0.9 * 400 <= met <= 0.98 * 400


def test_the_interval_leaves_out_questions_without_a_value():
    values = np.array([1.0, 2.0, math.nan, 4.0])
    assert interval(values, np.arange(4)) == interval(np.array([1.0, 2.0, 4.0]), np.arange(3))
    assert all(map(math.isnan, interval(np.array([math.nan]), np.array([0]))))


def test_holm_by_hand():
    # .01 * 4, .02 * 3, then .03 * 2 = .06 not below the one before, then .9 * 1.
    assert holm([0.03, 0.01, 0.9, 0.02]) == pytest.approx([0.06, 0.04, 0.9, 0.06])
    # The ordered p-values of the example in Holm's procedure as R's p.adjust(method = "holm") gives it.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.5, 0.6]) == [1, 1]
    assert holm([]) == []


def test_better_says_which_and_else_that_nothing_is_shown():
    random = default_rng(8)
    base = random.uniform(0.2, 0.6, 60)
    values = {
        "good": base + 0.3 + random.normal(0, 0.05, 60),
        "plain": base,
        "twin": base + random.normal(0, 0.05, 60),
    }
    found = better(values, np.arange(60))
    assert [(one.first, one.second) for one in found] == [
        ("good", "plain"),
        ("good", "twin"),
        ("plain", "twin"),
    ]
    assert [one.better for one in found] == ["good", "good", ""]
    assert found[0].verdict == "good is better than plain"
    assert found[2].verdict == "no difference shown between plain and twin"
    assert found[0].difference == pytest.approx((values["good"] - base).mean())
    assert 0.2 < found[0].low < found[0].difference < found[0].high < 0.4
    assert [one.adjusted for one in found] == holm([one.p for one in found])
    turned = better({"plain": values["plain"], "good": values["good"]}, np.arange(60))
    assert turned[0].better == "good"
    assert turned[0].verdict == "good is better than plain"


def test_only_questions_with_both_values_are_compared():
    values = {"a": np.array([1.0, math.nan, 3.0]), "b": np.array([0.0, 0.0, math.nan])}
    (found,) = better(values, np.arange(3))
    assert (found.questions, found.difference, found.better) == (1, 1, "")
    (none,) = better({"a": values["a"], "b": np.full(3, math.nan)}, np.arange(3))
    assert (none.questions, none.p, none.better) == (0, 1, "")
    assert math.isnan(none.difference)


def question(number: int, *gold: Gold) -> Question:
    return Question(str(number), "?", gold)


def test_questions_of_a_document_are_one_unit():
    files = ["a", "b", "c", "a", "d", "e", "f", "a"]
    questions = [question(at, Gold(file, 1)) for at, file in enumerate(files)]
    units, what = documents_of(questions)
    assert (units.tolist(), what) == ([0, 1, 2, 0, 3, 4, 5, 0], "documents")


def test_the_best_gold_says_which_document_is_meant():
    questions = [question(at, Gold(f"{at}", 1), Gold("all", 1, grade=1 + (at < 2))) for at in range(8)]
    units, _ = documents_of(questions)
    assert units.tolist() == [0, 0, 1, 2, 3, 4, 5, 6]


def test_with_few_documents_questions_are_the_units():
    units, what = documents_of([question(at, Gold("abcde"[at % 5], 1)) for at in range(10)])
    assert (units.tolist(), what) == (list(range(10)), "questions")
