"""Tables and files of a comparison that can be worked out by hand."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import pytrec_eval

from mmrag.benchmark.saving import results_page, save_comparison
from mmrag.benchmark.tables import Table, decimals, differences, markdown, measured, short_name, tables
from mmrag.benchmark.values import Comparison, Dataset, Found, Gold, Laying, Outcome, Question, Run, Setup

SECOND = 1 / math.log2(3)


def question(number: int, **rest: object) -> Question:
    return Question(f"q{number}", f"question {number}", (Gold(f"d{number}.pdf", 1),), **rest)  # type: ignore[arg-type]


def outcome(number: int, rank: int, seconds: float = 0.01, **rest: object) -> Outcome:
    """The gold page at this rank of three."""
    pages = ["x.pdf", "y.pdf"]
    pages.insert(rank - 1, f"d{number}.pdf")
    ranking = tuple(Found(file, 1, 3.0 - place) for place, file in enumerate(pages))
    return Outcome(f"q{number}", ranking, seconds, **rest)  # type: ignore[arg-type]


def comparison(count: int = 8, **rest: object) -> Comparison:
    """``first`` finds every page first, ``second`` second, ``third`` as the first but for one."""
    questions = tuple(
        question(number, kind="figure" if number < 2 else "text", language="zh" if number == 0 else "en")
        for number in range(count)
    )
    ranks = {"first": [1] * count, "second": [2] * count, "third": [2] + [1] * (count - 1)}
    runs = [
        Run(
            Setup("mini", (name,)),
            Laying(20, 50.0, 2_000_000, {"in": 1000, "out": 10}, 0.25),
            tuple(
                outcome(number, rank, (number + 1) / 100, **rest) for number, rank in enumerate(ranks[name])
            ),
        )
        for name in ranks
    ]
    return Comparison(Dataset("toy", Path("/papers"), questions), tuple(runs), {"seed": "0"})


def tables_of(made: Comparison) -> dict[str, Table]:
    found = measured(made)
    return {table.title: table for table in tables(made, found, differences(made, found))}


def row(table: Table, place: int) -> dict[str, str]:
    return dict(zip(table.head, table.rows[place], strict=True))


def test_quality_marks_what_is_better_than_what() -> None:
    table = tables_of(comparison())["8 questions, all pages judged alike"]
    assert [cells[0] for cells in table.rows] == ["a first", "b second", "c third"]
    first, second, third = (row(table, place) for place in range(3))
    assert (first["nDCG@5"], second["nDCG@5"]) == ("1.000", decimals(SECOND))
    assert (first["95 %"], second["95 %"]) == ("1.000–1.000", f"{decimals(SECOND)}–{decimals(SECOND)}")
    assert third["nDCG@5"] == decimals((7 + SECOND) / 8)
    assert (first["Recall@1"], second["Recall@1"], second["Recall@5"]) == ("1.000", ".000", "1.000")
    assert second["MRR@10"] == ".500"
    assert [found["better than"] for found in (first, second, third)] == ["b", "–", "b"]
    # No gold has a box, and nothing was answered.
    assert {"IoU@5", "Answer"} & set(table.head) == set()
    assert "nDCG@5 looks at the first five pages" in table.note
    assert table.note.endswith("Intervals and tests by document (8).")


def test_few_documents_are_said() -> None:
    table = tables_of(comparison(3))["3 questions, all pages judged alike"]
    assert table.note.endswith("Intervals and tests by question, as there are few documents.")
    assert {cells["better than"] for cells in (row(table, place) for place in range(3))} == {"–"}


def test_groups_are_by_kind_and_language() -> None:
    table = tables_of(comparison())["nDCG@5 by kind of question and language (number of questions)"]
    assert table.head == ("", "all (8)", "text (6)", "figure (2)", "en (7)", "zh (1)")
    assert row(table, 2) == {
        "": "c third",
        "all (8)": decimals((7 + SECOND) / 8),
        "text (6)": "1.000",
        "figure (2)": decimals((1 + SECOND) / 2),
        "en (7)": "1.000",
        "zh (1)": decimals(SECOND),
    }


def test_one_kind_in_one_language_is_no_table() -> None:
    made = comparison()
    same = tuple(replace(one, kind="text", language="en") for one in made.dataset.questions)
    titles = tables_of(replace(made, dataset=replace(made.dataset, questions=same)))
    assert not [title for title in titles if "by kind" in title]


def test_documents_are_those_of_the_best_gold_with_most_questions_first() -> None:
    made = comparison(4)
    first, second, third, fourth = made.dataset.questions
    both = replace(second, gold=(Gold("a.pdf", 1), Gold("d0.pdf", 1, 2)))
    table = tables_of(replace(made, dataset=replace(made.dataset, questions=(third, first, both, fourth))))[
        "nDCG@5 by document (number of questions)"
    ]
    assert table.head == ("", "first", "second", "third")
    assert [cells[0] for cells in table.rows] == ["d0.pdf (2)", "d2.pdf (1)", "d3.pdf (1)"]
    # The page of d1.pdf that was found is no gold of the second question.
    assert row(table, 0) == {
        "": "d0.pdf (2)",
        "first": ".500",
        "second": decimals(SECOND / 2),
        "third": decimals(SECOND / 2),
    }
    assert row(table, 1)["second"] == decimals(SECOND)


@pytest.mark.parametrize("count", [1, 21])
def test_one_document_and_a_great_many_are_no_table(count: int) -> None:
    assert not [title for title in tables_of(comparison(count)) if "by document" in title]


def test_pairs_say_where_no_difference_is_shown() -> None:
    table = tables_of(comparison())["Which is better, by nDCG@5"]
    assert [cells[0] for cells in table.rows] == ["first − second", "first − third", "second − third"]
    assert [cells[-1] for cells in table.rows] == [
        "first is better",
        "no difference shown",
        "third is better",
    ]
    assert row(table, 0)["difference"] == decimals(1 - SECOND)
    assert row(table, 2)["difference"] == decimals(-(1 - SECOND) * 7 / 8)
    # 2 / 2^8 for the first pair and 2 / 2^7 for the last, which are adjusted for three and two.
    assert [row(table, place)["p"] for place in range(3)] == [decimals(6 / 256), "1.000", decimals(4 / 128)]


def test_one_setup_has_nothing_to_be_compared_with() -> None:
    made = comparison()
    assert "Which is better, by nDCG@5" not in tables_of(replace(made, runs=made.runs[:1]))


def test_costs_are_of_pages_and_questions() -> None:
    made = comparison(answer="x", tokens={"in": 100, "out": 5}, cost=0.01)
    assert row(tables_of(made)["What it costs"], 0) == {
        "": "a first",
        "index s/page": "2.5",
        "query p50 ms": "45",
        "p95 ms": "76.5",
        "kB/page": "100",
        "tokens in": "1,800",
        "tokens out": "50",
        "cost": "0.33",
    }


def test_nothing_is_said_of_cost_where_there_is_none() -> None:
    made = comparison()
    free = tuple(replace(run, laying=Laying(20, 50.0, 2_000_000)) for run in made.runs)
    table = tables_of(replace(made, runs=free))["What it costs"]
    assert table.head == ("", "index s/page", "query p50 ms", "p95 ms", "kB/page")
    assert table.note.endswith("Nothing was paid for.")


def test_answers_are_judged_where_there_are_answers() -> None:
    made = comparison(answer="It is 42 [1].")
    accepted = tuple(replace(one, answers=("42",)) for one in made.dataset.questions[:4])
    questions = (*accepted, *made.dataset.questions[4:])
    quality, _, groups, *_ = tables_of(
        replace(made, dataset=replace(made.dataset, questions=questions))
    ).values()
    assert row(quality, 0)["Answer"] == "1.000"
    assert "Answer: share of the answers" in quality.note
    assert groups.title == "Answer by kind of question and language (number of questions)"
    assert row(groups, 0) == {
        "": "a first",
        "all (8)": "1.000",
        "text (6)": "1.000",
        "figure (2)": "1.000",
        "en (7)": "1.000",
        "zh (1)": "1.000",
    }


def test_names_are_short_where_one_recipe_is_compared() -> None:
    made = comparison()
    assert short_name(made, "mini · first") == "first"
    assert short_name(made, "mini · joint+caption+visual") == "all"
    assert short_name(made, "mini · joint+visual") == "joint+visual"
    other = replace(made.runs[0], setup=Setup("base", ("first",)))
    assert short_name(replace(made, runs=(*made.runs, other)), "mini · first") == "mini · first"


@pytest.mark.parametrize(
    ("value", "says"),
    [(0.6124, ".612"), (1.0, "1.000"), (-0.0305, "−.030"), (-0.0004, ".000"), (0, ".000"), (math.nan, "–")],
)
def test_decimals(value: float, says: str) -> None:
    assert decimals(value) == says


def test_markdown() -> None:
    table = Table("T", ("", "x"), (("a|b", "1"),), "Read it.")
    assert markdown(table) == "## T\n\n|  | x |\n| :-- | --: |\n| a/b | 1 |\n\nRead it.\n"


def test_the_page_of_results_says_what_it_was_made_with() -> None:
    made = comparison()
    page = results_page(
        replace(made, dataset=replace(made.dataset, note="A toy.")), [Table("T", ("",), (("a",),))]
    )
    assert page.startswith("# toy: which strategy serves it best\n\nA toy.\n\n## T\n")
    assert page.endswith("## Made with\n\n- seed: 0\n")


def test_the_files_come_to_the_same_figures_in_trec_eval(tmp_path: Path) -> None:
    made = comparison()
    random = np.random.default_rng(7)

    def with_ties(one: Outcome) -> Outcome:
        ranking = (replace(page, score=float(random.integers(2))) for page in one.ranking)
        return replace(one, ranking=tuple(ranking))

    runs = tuple(replace(run, outcomes=tuple(map(with_ties, run.outcomes))) for run in made.runs)
    made = replace(made, runs=runs)
    found = measured(made)
    written = save_comparison(made, found, differences(made, found), (), tmp_path)
    assert [path.name for path in written] == [
        "report.json", "results.md", "qrels.txt",
        "mini-first.txt", "mini-second.txt", "mini-third.txt",
    ]  # fmt: skip
    with (tmp_path / "qrels.txt").open() as file:
        evaluator = pytrec_eval.RelevanceEvaluator(pytrec_eval.parse_qrel(file), {"ndcg_cut_5"})
    for run, path in zip(made.runs, written[3:], strict=True):
        with path.open() as file:
            scored = evaluator.evaluate(pytrec_eval.parse_run(file))
        ours = found[run.setup.name]["nDCG@5"]
        theirs = [scored[question.id]["ndcg_cut_5"] for question in made.dataset.questions]
        assert ours == pytest.approx(theirs, abs=1e-9)


def test_the_report_holds_all_and_is_json(tmp_path: Path) -> None:
    made = comparison()
    found = measured(made)
    save_comparison(made, found, differences(made, found), (), tmp_path)
    report = json.loads((tmp_path / "report.json").read_text("utf-8"), parse_constant=pytest.fail)
    assert report["dataset"]["corpus"] == "/papers"
    assert report["means"]["mini · first"]["nDCG@5"] == 1.0
    assert report["means"]["mini · first"]["IoU@5"] is None
    assert report["by_question"]["mini · third"]["nDCG@5"][:2] == [pytest.approx(SECOND, abs=1e-6), 1.0]
    assert report["runs"][1]["outcomes"][0]["ranking"][0] == {
        "file": "x.pdf", "page": 1, "score": 3.0, "box": None,
    }  # fmt: skip
    assert report["differences"][0]["better"] == "mini · first"


def test_a_blank_in_a_name_parts_no_column(tmp_path: Path) -> None:
    made = comparison(1)
    (first, *_) = made.runs
    ranking = (Found("annual report.pdf", 2, 1.0),)
    run = replace(first, outcomes=(replace(first.outcomes[0], ranking=ranking),))
    save_comparison(replace(made, runs=(run,)), measured(made), (), (), tmp_path)
    assert (tmp_path / "runs/mini-first.txt").read_text() == "q0 Q0 annual%20report.pdf#2 1 1.0 mini-first\n"


def test_files_are_ranked_where_files_are_gold(tmp_path: Path) -> None:
    made = comparison(1)
    asked = replace(made.dataset.questions[0], gold=(Gold("a.txt", 0, 2),))
    ranking = (Found("b.txt", 1, 3.0), Found("a.txt", 4, 2.0), Found("a.txt", 1, 1.0))
    run = replace(made.runs[0], outcomes=(replace(made.runs[0].outcomes[0], ranking=ranking),))
    made = replace(made, dataset=replace(made.dataset, questions=(asked,)), runs=(run,))
    save_comparison(made, measured(made), (), (), tmp_path)
    assert (tmp_path / "qrels.txt").read_text() == "q0 0 a.txt 2\n"
    assert (tmp_path / "runs/mini-first.txt").read_text().splitlines() == [
        "q0 Q0 b.txt 1 3.0 mini-first",
        "q0 Q0 a.txt 2 2.0 mini-first",
    ]
