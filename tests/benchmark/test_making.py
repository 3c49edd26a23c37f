"""Questions that are made of documents, with a model that is stopped in the middle in every way."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mmrag.benchmark.datasets import drafts_in
from mmrag.benchmark.datasets.keeping import Keeper
from mmrag.benchmark.laying import Workshop
from mmrag.benchmark.making import QUESTIONS, are_written, check_writing, self_made, written
from mmrag.benchmark.running import Plan
from mmrag.benchmark.values import Dataset
from mmrag.endpoint import EndpointError
from mmrag.errors import BudgetError, ModelError, UsageError
from tests.benchmark.making import CAPTION, RECIPE
from tests.benchmark.mills import mills
from tests.benchmark.writers import Refuser, Writer

PRICED = replace(RECIPE, answer=replace(RECIPE.answer, price_in=1000.0, price_out=0.0))
PLAN = Plan((CAPTION,), {"fake": RECIPE}, generator=Writer.spec)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    folder = tmp_path_factory.mktemp("made")
    return Workshop(folder / "out", mills(folder / "mills"))


@pytest.fixture(autouse=True)
def _new_writers() -> None:
    Writer.reset()


Write = Callable[..., Dataset]


@pytest.fixture
def write(workshop: Workshop, tmp_path: Path) -> Write:
    """``write(5)`` has five questions written, and goes on where an earlier call was stopped."""

    def call(count: int, plan: Plan = PLAN, seed: int = 0, folder: Path = tmp_path) -> Dataset:
        return written(folder, workshop, plan, PRICED, count, seed)

    return call


def texts(folder: Path) -> list[str]:
    """The questions that are in the file."""
    lines = (folder / QUESTIONS / "queries.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def test_questions_are_written_and_kept(write: Write, tmp_path: Path) -> None:
    dataset = write(4)
    assert len(dataset.questions) == 4
    assert dataset.name == "mills (questions by tests.benchmark.writers:Writer)"
    assert "4 of 4 drafts held" in dataset.note
    assert len(Writer.asked) == 8
    assert write(4) == dataset
    assert len(Writer.asked) == 8
    assert Writer.checked == []


def test_each_question_is_in_the_file_before_the_next_is_drafted(write: Write, tmp_path: Path) -> None:
    there: list[int] = []

    def look(number: int) -> None:
        if number % 2 and number > 1:
            there.append(len(texts(tmp_path)))

    Writer.reset(look)
    write(4)
    assert there == [1, 2, 3]


def stop(at: int, error: BaseException) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number >= at:
            raise error

    return before


@pytest.mark.parametrize("at", [1, 2, 5, 6, 8])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ModelError("the server is away")])
def test_a_stop_at_any_prompt_loses_no_question(
    write: Write, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, at: int, error: BaseException
) -> None:
    whole = write(4, folder=tmp_path_factory.mktemp("whole"))
    Writer.reset(stop(at, error))
    with pytest.raises(type(error)) as stopped:
        write(4)
    kept = (at - 1) // 2
    if isinstance(error, ModelError):
        verb = "is" if kept == 1 else "are"
        assert f"the server is away; {kept} of 4 questions {verb} kept in {tmp_path / QUESTIONS}" in str(
            stopped.value
        )
    Writer.reset()
    assert write(4).questions == whole.questions
    assert len(Writer.asked) == 2 * (4 - kept)


def test_a_limit_of_costs_keeps_what_was_paid_for(write: Write, tmp_path: Path) -> None:
    with pytest.raises(BudgetError) as error:
        write(4, replace(PLAN, max_cost=0.55))
    assert str(error.value) == (
        "writing questions has cost 0.6 of 0.55 allowed; 2 of 4 questions are kept in "
        f"{tmp_path / QUESTIONS}: the same command with more --max-cost goes on, --generate 2 takes these "
        "alone"
    )
    assert len(write(2).questions) == 2
    assert len(Writer.asked) == 6
    assert len(write(4, replace(PLAN, max_cost=0.4)).questions) == 4
    assert len(Writer.asked) == 10


def test_a_server_that_no_request_will_reach_is_not_asked_three_times(write: Write) -> None:
    Writer.reset(stop(3, EndpointError("the key is refused", fatal=True)))
    with pytest.raises(ModelError, match="the key is refused; 1 of 4 questions is kept"):
        write(4)
    assert len(Writer.asked) == 3


def test_a_kill_between_a_question_and_its_note_asks_nothing_twice(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, notes = Keeper.note, [False, False, True, False, True]

    def note(self: Keeper) -> None:
        if notes.pop(0):
            raise KeyboardInterrupt
        real(self)

    with monkeypatch.context() as patch:
        patch.setattr(Keeper, "note", note)
        for there in (2, 3):
            with pytest.raises(KeyboardInterrupt):
                write(4)
            assert len(texts(tmp_path)) == there
    assert len({question.text for question in write(4).questions}) == 4
    assert len(Writer.asked) == 8


def test_what_somebody_has_edited_stays(write: Write, tmp_path: Path) -> None:
    Writer.reset(stop(7, KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        write(5)
    queries = tmp_path / QUESTIONS / "queries.jsonl"
    first, second, _ = queries.read_text("utf-8").splitlines()
    changed = {**json.loads(first), "text": "What does the mill weigh?"}
    queries.write_text(json.dumps(changed) + "\n" + second, encoding="utf-8")
    qrels = queries.with_name("qrels.tsv")
    qrels.write_text("".join(qrels.read_text("utf-8").splitlines(keepends=True)[:2]), encoding="utf-8")
    Writer.reset()
    dataset = write(5)
    assert [question.text for question in dataset.questions[:2]] == [
        changed["text"],
        json.loads(second)["text"],
    ]
    assert len(dataset.questions) == 4  # the one that was removed is not written again
    assert len(Writer.asked) == 4


def test_more_are_added_and_fewer_are_all(write: Write) -> None:
    few = write(2).questions
    more = write(5).questions
    assert (more[:2], len(more), len(Writer.asked)) == (few, 5, 10)
    assert write(3).questions == more


def test_where_there_is_nothing_more_to_ask_about_nothing_is_tried_again(write: Write) -> None:
    first, prompts = write(100), len(Writer.asked)
    assert 9 <= len(first.questions) < 20
    assert write(100) == first
    assert len(Writer.asked) == prompts


def test_another_model_may_do_better(write: Write, tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"none of 8 drafts of .*:Refuser held: no question in the answer \(8\)"
    ):
        write(2, replace(PLAN, generator=Refuser.spec))
    drafts = drafts_in(tmp_path / QUESTIONS)
    assert drafts is not None
    assert (drafts.held, len(drafts.fates), drafts.are_enough(2)) == (0, 8, False)
    # What one model has refused it is not asked again; another one is.
    refused = len(Refuser.asked)
    with pytest.raises(UsageError, match="none of 8 drafts"):
        write(2, replace(PLAN, generator=Refuser.spec))
    assert len(Refuser.asked) == refused
    dataset = write(2)
    assert len(dataset.questions) == 2
    assert "2 of 2 drafts held" in dataset.note
    assert dataset.name == "mills (questions by tests.benchmark.writers:Writer)"


def test_whether_there_is_a_writer_is_looked_at_where_there_is_one_needed(
    write: Write, tmp_path: Path
) -> None:
    unfit = Plan((CAPTION,), {"fake": RECIPE}, generator="mini:extractive")
    with pytest.raises(UsageError, match="mini:extractive writes no questions"):
        check_writing(tmp_path, unfit, PRICED, 2)
    check_writing(tmp_path, PLAN, PRICED, 2)
    assert Writer.checked == [Writer.spec]
    write(2)
    check_writing(tmp_path, unfit, PRICED, 2)
    assert (are_written(tmp_path, 2), are_written(tmp_path, 3)) == (True, False)


def test_questions_of_somebody_else_are_not_added_to(write: Write, tmp_path: Path) -> None:
    write(2)
    (tmp_path / QUESTIONS / "drafts.json").unlink()
    assert len(write(5).questions) == 2


@pytest.mark.parametrize("text", ["", "{", "[]", '{"fates": 1, "models": [], "asked": 0}', '{"fates": {}}'])
def test_notes_that_nobody_can_read_are_named(write: Write, tmp_path: Path, text: str) -> None:
    write(1)
    (tmp_path / QUESTIONS / "drafts.json").write_text(text)
    with pytest.raises(UsageError, match=r"drafts\.json can't be read .*: remove it to keep the questions"):
        write(2)


def test_captions_and_headings_are_taken_once(workshop: Workshop, tmp_path: Path) -> None:
    first = self_made(tmp_path, workshop, RECIPE)
    queries = tmp_path / QUESTIONS / "queries.jsonl"
    queries.write_text(queries.read_text("utf-8").replace("mill", "windmill"), encoding="utf-8")
    assert first.name == "mills (its own captions and headings)"
    assert [one.text for one in self_made(tmp_path, workshop, RECIPE).questions] == [
        one.text.replace("mill", "windmill") for one in first.questions
    ]
