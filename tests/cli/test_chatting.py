from __future__ import annotations

import io
import json

import pytest

from mmrag.types import Filters
from tests.cli.fake import FakeMmrag
from tests.cli.running import Run


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO("How high is the road deck?\n\nAnd in 2024?\n/quit\nignored\n")
    )


def test_each_line_is_a_question_until_quit(fake: FakeMmrag, mmrag: Run, typed: None) -> None:
    result = mmrag("chat", "docs")
    assert result.code == 0
    assert fake.calls == [("chat", None, None, None, {}), "How high is the road deck?", "And in 2024?"]
    assert result.out.count("“9.5 m road deck” [1]") == 2
    assert result.out.count("[1] station/report.pdf, p. 2, figure, 3f2a9c1e") == 2
    assert result.err == ""
    assert fake.indexes["docs"].closed


def test_a_line_that_is_no_utf_8_ends_nothing(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9?\nHow high?\n"), "utf-8"))
    assert mmrag("chat", "docs").code == 0
    assert fake.calls[1:] == ["caf\ufffd?", "How high?"]


def test_options_are_of_the_whole_conversation(fake: FakeMmrag, mmrag: Run, typed: None) -> None:
    mmrag(
        "chat", "docs", "-k", "3", "-s", "joint", "-d", "a.pdf",
        "--generator", "openai:m", "--max-tokens", "900", "--max-cost", "0.5",
    )  # fmt: skip
    limits = {"generator": "openai:m", "max_tokens": 900, "max_cost": 0.5}
    assert fake.calls[0] == ("chat", 3, Filters(documents=("a.pdf",)), ["joint"], limits)


def test_as_json_each_answer_is_a_line(fake: FakeMmrag, mmrag: Run, typed: None) -> None:
    lines = mmrag("chat", "docs", "--json").out.splitlines()
    assert [json.loads(line)["question"] for line in lines] == ["How high is the road deck?", "And in 2024?"]


def test_an_error_is_a_line_and_the_conversation_goes_on(
    fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("fail\nHow high?"))
    result = mmrag("chat", "docs")
    assert result.code == 1
    assert result.err == "mmrag: the model is gone\n"
    assert "9.5 m road deck" in result.out
    assert result.out.splitlines()[-2] == "See it on its page: mmrag show docs 3f2a9c1e"


def test_errors_as_json(fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("fail"))
    result = mmrag("chat", "docs", "--json")
    assert result.code == 1
    assert result.json == {"question": "fail", "error": "the model\nis gone"}


def test_no_questions_is_no_error(fake: FakeMmrag, mmrag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    result = mmrag("chat", "docs")
    assert (result.code, result.out, result.err) == (0, "", "")
