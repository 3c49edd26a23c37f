"""``mmrag bench --generate``, stopped in every way a user can meet, and its messages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.benchmark.mills import mills
from tests.benchmark.writers import Refuser, Writer
from tests.cli.running import Result, Run, run_command
from tests.cli.test_benching import RECIPE
from tests.endpoint.server import Answer, Seen, error, serving, streamed

PRICES = {"price_in": 1000.0, "price_out": 0.0}
KEPT = Path("bench/mills-generated/questions")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with three mills, and recipes with and without prices."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    mills(tmp_path / "mills")
    recipe: dict[str, Any] = {**RECIPE, "answer": {"generator": "mini:extractive"}}
    (tmp_path / "free.yaml").write_text(yaml.safe_dump(recipe), encoding="utf-8")
    (tmp_path / "dear.yaml").write_text(yaml.safe_dump({**recipe, "answer": PRICES}), encoding="utf-8")
    Writer.reset()
    return tmp_path


@pytest.fixture
def bench(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """``bench("--generate", "4")`` has a model write questions about the mills."""

    def call(*words: str, generator: str = Writer.spec, pipeline: str = "free.yaml") -> Result:
        chosen = ("--pipeline", pipeline, "--strategy", "caption", "--generator", generator)
        return run_command(capsys, "bench", "mills", *chosen, *words)

    return call


def texts() -> list[str]:
    lines = (KEPT / "queries.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["text"] for line in lines]


def stop(at: int, with_: BaseException) -> Callable[[int], None]:
    def before(number: int) -> None:
        if number == at:
            raise with_

    return before


def test_an_interrupt_keeps_the_questions_and_the_same_command_goes_on(bench: Run) -> None:
    Writer.reset(stop(6, KeyboardInterrupt()))
    stopped = bench("--generate", "4")
    assert (stopped.code, stopped.out) == (130, "")
    assert stopped.err.splitlines()[0] == (
        "Kept in bench/mills-generated: 2 of 4 questions and what was indexed."
    )
    first = texts()
    Writer.reset()
    result = bench("--generate", "4")
    assert result.code == 0
    assert f"4 questions, to read and edit in {KEPT}\n" in result.err
    assert texts()[:2] == first
    assert len(Writer.asked) == 4
    assert "# mills (questions by tests.benchmark.writers:Writer): which" in (
        KEPT.with_name("results.md").read_text("utf-8")
    )


def test_one_question_is_no_questions(bench: Run) -> None:
    result = bench("--generate", "1")
    assert "1 question, to read and edit in" in result.err
    assert "1 questions" not in result.out + result.err + KEPT.with_name("results.md").read_text("utf-8")


def test_a_limit_of_costs_is_told_with_what_is_kept(bench: Run) -> None:
    result = bench("--generate", "4", "--max-cost", "0.5", pipeline="dear.yaml")
    assert result.code == 1
    assert result.error == (
        f"mmrag: writing questions has cost 0.6 of 0.5 allowed; 2 of 4 questions are kept in {KEPT}: the "
        "same command with more --max-cost goes on, --generate 2 takes these alone"
    )
    assert bench("--generate", "2", pipeline="dear.yaml").code == 0
    assert len(Writer.asked) == 6


def test_a_limit_that_would_stop_nothing_is_refused(bench: Run, folder: Path) -> None:
    result = bench("--generate", "4", "--max-cost", "0.5")
    assert (result.code, (folder / "bench").exists()) == (2, False)
    assert "--max-cost 0.5 would stop nothing: free.yaml has no prices: set answer.price_in" in result.error


def server(dies_after: int) -> Callable[[Seen], Answer]:
    """A server that writes and answers as `Writer` does, and from some request on refuses the key."""
    writer, requests = Writer(), [0]

    def answer(request: Seen) -> Answer:
        requests[0] += 1
        if requests[0] > dies_after:
            return error(401, "no such key")
        parts = request.payload["messages"][0]["content"]
        text = parts if isinstance(parts, str) else next(part["text"] for part in parts if "text" in part)
        return streamed(writer.said(text))

    return answer


def test_a_server_that_dies_in_the_middle_loses_nothing(bench: Run) -> None:
    models = {"data": [{"id": "m"}]}
    with serving(server(5), models) as first:
        result = bench("--generate", "4", generator=f"openai:m@{first.url}")
        assert result.code == 1
        assert re.search(
            r"no such key.*; 2 of 4 questions are kept in bench/mills-generated/questions: the same command "
            r"goes on, --generate 2 takes these alone$",
            result.error,
        )
        assert len(first.seen) == 6
    with serving(server(99), models) as second:
        assert bench("--generate", "4", generator=f"openai:m@{second.url}").code == 0
        assert len(second.seen) == 4
    assert len(texts()) == 4
    # What is written needs no server.
    assert bench("--generate", "4", generator="openai:m@http://127.0.0.1:9/v1").code == 0


def test_a_server_that_is_not_there_is_told_before_anything_is_parsed(bench: Run, folder: Path) -> None:
    result = bench("--generate", "4", generator="openai:m@http://127.0.0.1:9/v1")
    assert (result.code, (folder / "bench").exists()) == (1, False)
    assert "no answer from 127.0.0.1:9" in result.error


def test_no_model_to_write_is_told_before_anything_is_parsed(bench: Run, folder: Path) -> None:
    result = bench("--generate", "4", generator="mini:extractive")
    assert (result.code, (folder / "bench").exists()) == (2, False)
    assert "mini:extractive writes no questions: name a language model, --generator openai:" in result.error
    assert "--self asks with captions and headings" in result.error


def test_a_model_that_writes_none_is_told_why(bench: Run) -> None:
    result = bench("--generate", "2", generator=Refuser.spec)
    assert result.code == 2
    assert result.error == (
        "mmrag: none of 8 drafts of tests.benchmark.writers:Refuser held: no question in the answer (8); "
        "take a larger model with --generator, or another --seed"
    )


def test_fewer_than_wanted_are_told(bench: Run) -> None:
    result = bench("--generate", "50")
    found = re.search(
        r"(\d+) questions, to .*; of (\d+) drafts (\d+) held, not the 50 wanted: (.*)", result.err
    )
    assert found
    assert found[1] == found[3] == str(len(texts()))
    assert "asked before (" in found[4]


def test_an_edit_that_breaks_the_file_is_told_by_its_lines(bench: Run) -> None:
    assert bench("--generate", "3").code == 0
    queries = KEPT / "queries.jsonl"
    first, *others = queries.read_text("utf-8").splitlines()
    queries.write_text("\n".join([first, first, *others[1:], "{"]), encoding="utf-8")
    result = bench("--generate", "3")
    assert result.code == 2
    *faults, last = result.err.splitlines()
    assert [fault.partition(": ")[0] for fault in faults] == [
        f"{queries}, line 2", f"{queries}, line 4", f"{KEPT}/qrels.tsv, line 2",
    ]  # fmt: skip
    assert last == (
        f"mmrag: 3 faults in {KEPT}: correct them and run the same command again; docs/datasets.md describes "
        "the files"
    )
