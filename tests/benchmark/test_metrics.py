from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import pytest
import pytrec_eval

from mmrag.benchmark.metrics import (
    MEASURES,
    answer_score,
    evidence_iou,
    hit,
    judged,
    mean,
    measures,
    ndcg,
    ordered,
    page_id,
    recall,
    reciprocal_rank,
)
from mmrag.benchmark.values import Found, Gold, Outcome, Question
from mmrag.types import BBox

LEFT, RIGHT = BBox(0, 0, 0.5, 1), BBox(0.5, 0, 1, 1)


def ranking(*pages: int, box: BBox | None = None) -> tuple[Found, ...]:
    return tuple(Found("a.pdf", page, 1 - rank / 10, box) for rank, page in enumerate(pages))


def outcome(question: str, *pages: int, answer: str | None = None, refused: bool = False) -> Outcome:
    return Outcome(question, ranking(*pages), 0.1, answer, refused)


def gold(*pages: int) -> tuple[Gold, ...]:
    return tuple(Gold("a.pdf", page) for page in pages)


def test_ndcg_by_hand():
    assert ndcg(ranking(1, 2, 3), gold(1), 5) == 1
    assert ndcg(ranking(1, 2, 3), gold(3), 5) == pytest.approx(1 / 2)
    assert ndcg(ranking(1, 2, 3), gold(3), 2) == 0
    both = (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert ndcg(ranking(1, 2, 3), gold(1, 3), 5) == pytest.approx(both)
    assert ndcg((), gold(1), 5) == 0


def test_ndcg_gains_the_grade():
    graded = (Gold("a.pdf", 1, grade=1), Gold("a.pdf", 2, grade=3))
    ideal = 3 + 1 / math.log2(3)
    assert ndcg(ranking(2, 1), graded, 5) == 1
    assert ndcg(ranking(1, 2), graded, 5) == pytest.approx((1 + 3 / math.log2(3)) / ideal)
    assert ndcg(ranking(1, 2), graded, 1) == pytest.approx(1 / 3)


def test_recall_reciprocal_rank_and_hit_by_hand():
    found = ranking(4, 2, 9, 1)
    assert recall(found, gold(1, 2), 2) == 0.5
    assert recall(found, gold(1, 2), 4) == 1
    assert reciprocal_rank(found, gold(1, 9), 10) == pytest.approx(1 / 3)
    assert reciprocal_rank(found, gold(1), 3) == 0
    assert (hit(found, gold(1), 3), hit(found, gold(1), 4)) == (0, 1)


def test_the_same_page_of_another_file_is_another_page():
    assert hit((Found("b.pdf", 1, 1.0),), gold(1), 1) == 0


def test_ties_go_by_falling_id_and_pages_count_once():
    found = [Found("a", 9, 1), Found("b", 1, 1), Found("a", 10, 1), Found("a", 1, 2), Found("b", 1, 0.5)]
    assert [(one.file, one.page, one.score) for one in ordered(found)] == [
        ("a", 1, 2),
        ("b", 1, 1),
        ("a", 9, 1),
        ("a", 10, 1),
    ]


def test_scores_that_single_precision_can_not_tell_apart_are_ties():
    first, second = Found("a", 1, 1 + 1e-12), Found("b", 1, 1.0)
    assert ordered([first, second]) == (second, first)


def random_runs(count: int) -> Iterator[tuple[dict, dict]]:
    """Qrels and a run each: graded, with ties, with queries that one of them lacks, with empty rankings."""
    random = np.random.default_rng(7)
    pages = [page_id(file, page) for file in ("a.pdf", "b/ü.pdf", "z.md") for page in range(1, 12)]
    for _ in range(count):
        queries = [f"q{number}" for number in range(random.integers(1, 6))]
        qrels = {
            query: {
                str(page): int(random.integers(1, 4)) if at == 0 else int(random.integers(0, 4))
                for at, page in enumerate(random.choice(pages, random.integers(1, 14), replace=False))
            }
            for query in queries
        }
        coarse = random.integers(2, 40)
        run = {
            query: {
                str(page): float(random.integers(0, coarse)) / 7
                for page in random.choice(pages, random.integers(1, len(pages)), replace=False)
            }
            for query in [*queries[random.integers(0, 2) :], *(["extra"] if random.random() < 0.3 else [])]
        }
        yield qrels, run


def test_measures_equal_trec_eval_on_a_thousand_random_runs():
    names = {
        "nDCG@5": "ndcg_cut_5",
        "nDCG@10": "ndcg_cut_10",
        "Recall@1": "recall_1",
        "Recall@5": "recall_5",
        "Recall@10": "recall_10",
        "Hit@1": "success_1",
        "Hit@5": "success_5",
    }
    compared = missing = 0
    for qrels, run in random_runs(1000):
        evaluator = pytrec_eval.RelevanceEvaluator(
            qrels, {"ndcg_cut.5,10", "recall.1,5,10", "recip_rank", "success.1,5"}
        )
        theirs = evaluator.evaluate(run)
        questions = [Question(query, "?", tuple(golds(judgements))) for query, judgements in qrels.items()]
        outcomes = [Outcome(query, tuple(shuffled(pages)), 0.0) for query, pages in run.items()]
        ours = measures(outcomes, questions)
        for at, question in enumerate(questions):
            if question.id not in theirs:
                missing += 1
                assert all(ours[name][at] == 0 for name in [*names, "MRR@10"])
                continue
            compared += 1
            for name, theirs_name in names.items():
                assert ours[name][at] == pytest.approx(theirs[question.id][theirs_name], abs=1e-9)
            rank = theirs[question.id]["recip_rank"]
            assert ours["MRR@10"][at] == pytest.approx(rank if rank >= 1 / 10 - 1e-9 else 0, abs=1e-9)
    assert compared > 2000
    assert missing > 300


def golds(judgements: dict[str, int]) -> Iterator[Gold]:
    for page, grade in judgements.items():
        file, _, number = page.rpartition("#")
        if grade:
            yield Gold(file, int(number), grade)


def shuffled(pages: dict[str, float]) -> Iterator[Found]:
    for page, score in pages.items():
        file, _, number = page.rpartition("#")
        yield Found(file, int(number), score)


def test_measures_are_in_the_order_of_the_questions():
    questions = [Question("one", "?", gold(1)), Question("two", "?", gold(2)), Question("none", "?", gold(1))]
    found = measures([outcome("two", 2, 1), outcome("other", 1), outcome("one", 2, 1)], questions)
    assert tuple(found) == MEASURES
    assert found["Hit@1"].tolist() == [0, 1, 0]
    assert found["MRR@10"].tolist() == [0.5, 1, 0]


def test_gold_of_whole_files_is_found_by_any_page_and_counts_once():
    question = Question("q", "?", (Gold("b", 0), Gold("c", 0, grade=2)))
    found = (Found("a", 1, 9), Found("a", 2, 8), Found("b", 3, 7), Found("c", 1, 6), Found("b", 1, 5))
    pages, wanted = judged(found, question)
    assert [(one.file, one.page, one.score) for one in pages] == [("a", 0, 9), ("b", 0, 7), ("c", 0, 6)]
    assert {(one.file, one.page, one.grade) for one in wanted} == {("b", 0, 1), ("c", 0, 2)}
    result = measures([Outcome("q", found, 0.0)], [question])
    assert result["MRR@10"].tolist() == [0.5]
    assert result["Recall@5"].tolist() == [1]


def test_iou_is_the_best_of_the_gold_pages_that_were_found():
    boxed = (Gold("a.pdf", 1, boxes=(LEFT, RIGHT)), Gold("a.pdf", 2))
    half = BBox(0, 0, 0.25, 1)
    assert evidence_iou(ranking(1, box=half), boxed) == 0.5
    assert evidence_iou(ranking(3, 1, box=RIGHT), boxed) == 1
    assert evidence_iou(ranking(3, 1, box=RIGHT), boxed, depth=1) == 0
    assert evidence_iou(ranking(2, box=LEFT), boxed) == 0
    assert evidence_iou(ranking(1), boxed) == 0
    assert math.isnan(evidence_iou(ranking(1, box=LEFT), gold(1)))


def test_an_answer_counts_if_it_holds_an_accepted_variant():
    question = Question("q", "?", gold(1), answers=("Seven minutes.", "7"))
    assert answer_score(outcome("q", answer="It takes seven minutes [1]."), question) == 1
    assert answer_score(outcome("q", answer="It takes long [7]."), question) == 0
    assert answer_score(outcome("q", answer="7", refused=True), question) == 0
    assert math.isnan(answer_score(outcome("q"), question))
    assert math.isnan(answer_score(None, question))
    assert math.isnan(answer_score(outcome("q", answer="7"), Question("q", "?", gold(1))))


def test_a_mean_leaves_out_what_has_no_value():
    assert mean(np.array([1.0, math.nan, 0.0])) == 0.5
    assert math.isnan(mean(np.array([math.nan])))
