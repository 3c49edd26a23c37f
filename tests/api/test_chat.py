"""Asking with a language model, whole, streamed, and in a conversation."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

import mmrag
from mmrag.config import AnswerOptions
from mmrag.errors import BudgetError, ModelError, UsageError
from tests.api.test_views import RECIPE
from tests.synthesize.models import Says

NOTES = """# Barrage

The road deck of the barrage stands 9.5 metres above the sea.

# Eels

The run of silver eels peaks in October. In 2024 it peaked in November.
"""


class Answers:
    """Makes the model of these tests: every index that asks for it gets the same one."""

    model = Says()

    def __new__(cls) -> Says:  # type: ignore[misc]
        return cls.model


@pytest.fixture
def index(tmp_path: Path) -> Iterator[mmrag.Index]:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "notes.md").write_text(NOTES)
    answer = AnswerOptions(
        generator="tests.api.test_chat:Answers", refuse_below=0.0, price_in=1.0, price_out=2.0
    )
    with mmrag.build(docs, tmp_path / "index", pipeline=replace(RECIPE, answer=answer)) as built:
        yield built


def model(*answers: str) -> Says:
    Answers.model = Says(*answers)
    return Answers.model


def test_an_answer_with_its_citation(index: mmrag.Index):
    said = model("The road deck is 9.5 metres above the sea [1].")
    answer = index.ask("How high is the road deck?")
    assert answer.text == "The road deck is 9.5 metres above the sea [1]."
    assert answer.citations[0].quote == "The road deck of the barrage stands 9.5 metres above the sea."
    assert answer.citations[0].document.path == "notes.md"
    assert list(answer.seconds) == ["retrieve", "judge", "context", "generate", "check"]
    assert "The road deck of the barrage stands" in said.text()
    tokens = answer.tokens
    assert answer.cost == pytest.approx((tokens["in"] + 2 * tokens["out"]) / 1_000_000)


def test_streamed(index: mmrag.Index):
    model("The road deck is 9.5 metres above the sea [1].")
    with index.stream("How high is the road deck?") as stream:
        pieces = list(stream)
    assert len(pieces) > 5
    assert "".join(pieces) == stream.answer.text


def test_another_generator_for_one_question(index: mmrag.Index):
    answer = index.ask("How high is the road deck of the barrage?", generator="mini:extractive")
    assert answer.generator == "mini:extractive"
    assert "9.5 metres" in answer.text


def test_an_index_can_be_asked_by_another_recipe(index: mmrag.Index):
    said = model("The road deck is 9.5 metres above the sea [1].")
    other = replace(index.recipe, answer=replace(index.recipe.answer, top_k=1, generator="mini:extractive"))
    with mmrag.open(index.path, pipeline=other) as opened:
        answer = opened.ask("How high is the road deck of the barrage?")
        assert answer.generator == "mini:extractive"
        assert len(answer.hits) == 1
        opened.update()
    assert said.asked == []
    with mmrag.open(index.path) as opened:
        assert opened.recipe == index.recipe


def test_limits(index: mmrag.Index):
    said = model()
    with pytest.raises(BudgetError, match="the model was not asked"):
        index.ask("How high is the road deck?", max_tokens=10)
    with pytest.raises(BudgetError, match="the prompt alone costs"):
        index.ask("How high is the road deck?", max_cost=1e-6)
    assert said.asked == []
    with pytest.raises(UsageError, match="max_tokens wants a number from 1"):
        index.ask("How high?", max_tokens=0)


def test_a_cost_without_prices_is_refused(index: mmrag.Index):
    index.recipe = replace(index.recipe, answer=replace(index.recipe.answer, price_in=0.0, price_out=0.0))
    with pytest.raises(UsageError, match="wants a number above 0 and prices in the recipe"):
        index.ask("How high?", max_cost=1.0)


def test_a_follow_up_is_made_to_stand_alone(index: mmrag.Index):
    said = model(
        "The run of silver eels peaks in October [1].",
        '"When did the run of silver eels peak in 2024?"\n',
        "In 2024 it peaked in November [1].",
    )
    chat = index.chat()
    first = chat.ask("When does the run of silver eels peak?")
    second = chat.ask("And in 2024?")
    assert (first.question, first.asked) == ("When does the run of silver eels peak?", "")
    assert second.question == "And in 2024?"
    assert second.asked == "When did the run of silver eels peak in 2024?"
    assert second.text == "In 2024 it peaked in November [1]."
    assert "And in 2024?" in said.text(1)
    assert "peaks in October" in said.text(1)
    assert "When did the run of silver eels peak in 2024?" in said.text(2)
    assert [turn.question for turn in chat.history] == [first.question, second.asked]
    assert chat.tokens["out"] == 9 + 10 + 7
    assert second.tokens == {key: chat.tokens[key] - first.tokens[key] for key in ("in", "out")}
    assert second.cost == pytest.approx(chat.cost - first.cost)
    assert list(second.seconds)[:2] == ["rewrite", "retrieve"]
    assert "rewrite" not in first.seconds


@pytest.mark.parametrize("said", [" ".join(["word"] * 200), "NO ANSWER", "I do not know the year.", "\n"])
def test_what_is_no_question_is_not_searched_for(index: mmrag.Index, said: str):
    model("October [1].", said, "November [1].")
    chat = index.chat()
    chat.ask("When does the run of silver eels peak?")
    assert chat.ask("And in 2024?").asked == "When does the run of silver eels peak? And in 2024?"


def test_history_is_bounded(index: mmrag.Index):
    model("October [1].", "Eels?", "November [1].", "Deck?", "Yes [1].")
    chat = index.chat(turns=1)
    for question in ("When do eels run?", "And in 2024?", "And the deck?"):
        chat.ask(question)
    assert [turn.question for turn in chat.history] == ["Deck?"]
    with pytest.raises(UsageError, match="turns wants a number from 1"):
        index.chat(turns=0)


def test_limits_are_of_the_whole_conversation(index: mmrag.Index):
    said = model("October [1].", "Eels in 2024?", "November [1].")
    chat = index.chat()
    chat.ask("When do eels run?")
    limited = index.chat(max_tokens=sum(chat.tokens.values()) + 20)
    Answers.model = said = model("October [1].")
    limited._index._generators._made.clear()
    limited.ask("When do eels run?")
    with pytest.raises(BudgetError):
        limited.ask("And in 2024?")
    assert len(limited.history) == 1
    assert len(said.asked) == 1


def test_what_fails_is_not_remembered(index: mmrag.Index):
    model("")
    chat = index.chat()
    with pytest.raises(ModelError, match="answered with nothing"):
        chat.ask("When do eels run?")
    assert len(chat.history) == 0


def test_without_a_language_model_the_question_before_helps(index: mmrag.Index):
    chat = index.chat(generator="mini:extractive")
    chat.ask("When does the run of silver eels peak?")
    assert chat.ask("And in 2024?").asked == "When does the run of silver eels peak? And in 2024?"
    assert chat.ask("How high is the road deck of the barrage?").asked == ""
