"""Questions written through a real server, with a language model so small that it answers and can't ask."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import ClassVar

import pytest
import yaml

from mmrag.benchmark.datasets import drafts_in, load
from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.generators.openai import OpenAIModel
from tests.cli.running import Result, run_command
from tests.cli.test_benching import RECIPE
from tests.smollm import served

FERRY = """
The ferry Margit has crossed Kestrel Sound since 1931. She carries 48 passengers and six cars, and the
crossing takes 22 minutes. In winter the ferry leaves at 7 in the morning and comes back at noon; in summer
she sails until 9 in the evening. A ticket costs 35 crowns for adults, and children travel free. Her hull was
built of larch at the yard in Storvik, her engine came from a fishing boat, and her bell from a church that
burned down. Farmers bring milk, cheese and wool to the market on the mainland every Thursday.
"""
DRAFTS = (
    ("How many passengers does the Margit carry?", "48"),
    ("How long does the crossing of Kestrel Sound take?", "40 minutes"),
    ("How much does a ticket for the Margit cost for adults?", "35 crowns"),
)
KEPT = Path("bench/sound-generated/questions")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(2048) as where:
        yield where


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a folder of documents that say the same."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "sound").mkdir()
    (tmp_path / "fake.yaml").write_text(yaml.safe_dump(RECIPE), encoding="utf-8")
    return tmp_path


def bench(capsys: pytest.CaptureFixture[str], generator: str, count: int) -> Result:
    words = ("--pipeline", "fake.yaml", "--strategy", "caption", "--generator", generator)
    return run_command(capsys, "bench", "sound", *words, "--generate", str(count))


class Asks(LanguageModel):
    """Asks what it was told to, and has the real model answer.

    Attributes:
        url: of the real model's server.
    """

    spec = "tests.benchmark.test_datasets_generated_real:Asks"
    url: ClassVar[str] = ""
    limits = Limits(2048, 0, 0)

    def __init__(self) -> None:
        self._real = OpenAIModel(f"smollm2@{self.url}", seconds=300, attempts=1)
        self._drafts = iter(DRAFTS)

    def count(self, messages: Sequence[Message]) -> int:
        return self._real.count(messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        if str(messages[0].parts[0]).startswith("You write questions"):
            question, answer = next(self._drafts)
            yield Piece(json.dumps({"question": question, "answer": answer}))
        else:
            yield from self._real.stream(messages, 60)


def test_a_real_model_takes_the_right_answers_and_no_others(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Asks, "url", url)
    for name in "abc":
        (folder / f"sound/{name}.md").write_text(f"# Kestrel Sound {name}\n\n{FERRY}\n", encoding="utf-8")
    result = bench(capsys, Asks.spec, 3)
    assert result.code == 0
    assert "2 questions, to read and edit" in result.err
    assert "of 3 drafts 2 held, not the 3 wanted: answered otherwise the second time (1)" in result.err
    questions = load(KEPT).questions
    assert [(one.text, one.answers) for one in questions] == [
        (DRAFTS[0][0], ("48",)),
        (DRAFTS[2][0], ("35 crowns",)),
    ]
    assert len({one.gold for one in questions}) == 2


def test_a_model_that_is_too_small_is_told_to_be(
    url: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With 135 million parameters it writes no question that holds."""
    (folder / "sound/a.md").write_text(f"# Kestrel Sound\n\n{FERRY}\n", encoding="utf-8")
    result = bench(capsys, f"openai:smollm2@{url}", 1)
    drafts = drafts_in(KEPT)
    assert drafts is not None
    assert (len(drafts.fates), drafts.held) == (1, 0)
    assert result.code == 2
    said = r"none of 1 draft of openai:smollm2@\S+ held: [a-z ]+ \(1\); take a larger model with --generator"
    assert re.search(said, result.error)
    assert not (KEPT / "queries.jsonl").exists()
