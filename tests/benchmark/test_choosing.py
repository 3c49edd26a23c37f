"""Which setups, and questions that cost something."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import mmrag
from mmrag.benchmark.choosing import setups_of
from mmrag.benchmark.values import Dataset, Setup
from mmrag.errors import BudgetError, ModelError, UsageError
from tests.benchmark.making import CAPTION, QUESTIONS, RECIPE, corpus, run

PRICED = replace(RECIPE, answer=replace(RECIPE.answer, price_in=1.0, price_out=2.0))


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return Dataset("animals", corpus(tmp_path), QUESTIONS)


def test_every_pipeline_is_compared_with_every_choice_of_strategies() -> None:
    assert setups_of(["mini", "base"], ["visual", "visual+joint", "joint+visual"]) == (
        Setup("mini", ("visual",)),
        Setup("mini", ("joint", "visual")),
        Setup("base", ("visual",)),
        Setup("base", ("joint", "visual")),
    )
    assert [found.name for found in setups_of(["mini"], [])] == [
        "mini · joint",
        "mini · caption",
        "mini · visual",
        "mini · joint+caption+visual",
    ]
    assert setups_of(["mini"], ["bm25"]) == (Setup("mini", ()),)
    assert setups_of(["mini"], ["all"]) == (Setup("mini", ("joint", "caption", "visual")),)


@pytest.mark.parametrize("word", ["joints", "", "+", "joint+", "all+joint", "bm25+joint"])
def test_other_strategies_are_refused(word: str) -> None:
    with pytest.raises(UsageError, match="--strategy wants joint, caption, visual"):
        setups_of(["mini"], [word])


def answering(cost: float, *, stopped: str = "") -> tuple[list[float | None], Callable[..., mmrag.Answer]]:
    """A stand-in for `Index.ask` at this cost, and the limits that it was given."""
    limits: list[float | None] = []

    def ask(
        self: mmrag.Index, question: mmrag.Query, *, max_cost: float | None, **rest: object
    ) -> mmrag.Answer:
        limits.append(max_cost)
        if max_cost is not None and max_cost < cost:
            raise BudgetError("the model was not asked")
        return mmrag.Answer(
            question.text,
            "42",
            (),
            (),
            False,
            0.9,
            "x",
            tokens={"in": 9, "out": 1},
            cost=cost,
            stopped=stopped,
        )

    return limits, ask


def test_answers_stop_at_the_limit_and_go_on_with_more(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits, ask = answering(0.25)
    monkeypatch.setattr(mmrag.Index, "ask", ask)
    with pytest.raises(
        BudgetError, match="2 of 3 outcomes are kept, .*--max-cost goes on: the model was not"
    ):
        run(tmp_path / "out", dataset, CAPTION, recipe=PRICED, answers=True, max_cost=0.6)
    assert limits == pytest.approx([0.6, 0.35, 0.1])
    compared = run(tmp_path / "out", dataset, CAPTION, recipe=PRICED, answers=True, max_cost=0.6)
    assert limits[3:] == [0.6]
    outcomes = compared.comparison.runs[0].outcomes
    assert [(one.answer, one.cost, one.tokens) for one in outcomes] == [("42", 0.25, {"in": 9, "out": 1})] * 3


def test_an_answer_that_the_limit_cut_short_is_not_kept(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits, ask = answering(0.25, stopped="the answer ran into its limit")
    monkeypatch.setattr(mmrag.Index, "ask", ask)
    with pytest.raises(BudgetError, match=r"0 of 3 .*have cost 0\.25 of 0\.26 allowed"):
        run(tmp_path / "out", dataset, CAPTION, recipe=PRICED, answers=True, max_cost=0.26)
    run(tmp_path / "out", dataset, CAPTION, recipe=PRICED, answers=True)
    assert limits == [0.26, None, None, None]


def test_a_model_that_fails_in_the_middle_loses_nothing(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(self: mmrag.Index, question: mmrag.Query, **rest: object) -> mmrag.Answer:
        asked.append(question.text)
        if len(asked) == 2:
            raise ModelError("the server is gone")
        return answering(0.0)[1](self, question, max_cost=None)

    monkeypatch.setattr(mmrag.Index, "ask", ask)
    with pytest.raises(ModelError, match="the server is gone"):
        run(tmp_path / "out", dataset, CAPTION, answers=True)
    run(tmp_path / "out", dataset, CAPTION, answers=True)
    assert asked == ["zebra stripes", "quiet lake", "quiet lake", "oboe"]
