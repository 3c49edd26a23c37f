"""Which encoders a question goes to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.lists import ChunkList, PageList
from mmrag.retrieve.asking import ask
from mmrag.types import Query
from tests.fakes import ColourEncoder, LetterEncoder, LinesEncoder


def knowing(fingerprint: str, languages: set[str] | None, scripts: set[str] | None) -> LetterEncoder:
    encoder = LetterEncoder()
    encoder.fingerprint = fingerprint
    encoder.languages = None if languages is None else frozenset(languages)
    encoder.scripts = None if scripts is None else frozenset(scripts)
    return encoder


ENGLISH = knowing("english", {"en"}, {"Latn"})
ALL = knowing("all", None, None)


@pytest.mark.parametrize(
    ("question", "expected"),
    [("the zebra", "english"), ("où est le zèbre", "all"), ("zebra", "english"), ("斑马", "all")],
)
def test_the_first_encoder_that_knows_the_language_is_asked(question: str, expected: str) -> None:
    lists = [ChunkList("caption/english", ENGLISH), ChunkList("caption/all", ALL)]
    assert [one.name for one in ask(Query(question), lists)] == [f"caption/{expected}"]


def test_each_strategy_has_its_own_choice_and_an_encoder_all_its_lists() -> None:
    lists = [
        ChunkList("caption/all", ALL),
        ChunkList("joint/english/text", ENGLISH),
        ChunkList("joint/english/pictures", ENGLISH),
        ChunkList("joint/all/text", ALL),
        PageList("visual/lines", LinesEncoder()),
    ]
    names = [one.name for one in ask(Query("the zebra"), lists)]
    assert names == ["caption/all", "joint/english/text", "joint/english/pictures", "visual/lines"]


def test_nobody_is_asked_what_nobody_can_read() -> None:
    assert ask(Query("斑马"), [ChunkList("caption/english", ENGLISH)]) == []


def test_encoders_of_the_same_texts_encode_a_question_once() -> None:
    encoder = knowing("once", None, None)
    calls: list[str] = []

    def encode_queries(queries: list[str]) -> np.ndarray:
        calls.extend(queries)
        return np.eye(1, 26, dtype=np.float32)

    encoder.encode_queries = encode_queries  # type: ignore[assignment,method-assign]
    borrowing = knowing("borrowing", None, None)
    borrowing.texts = encoder  # type: ignore[attr-defined]
    asked = ask(Query("zebra"), [ChunkList("caption/a", encoder), ChunkList("joint/b/text", borrowing)])
    assert calls == ["zebra"]
    assert [one.name for one in asked] == ["caption/a", "joint/b/text"]


@pytest.mark.parametrize("words", ["", " \n"])
def test_blanks_beside_a_picture_ask_nobody(tmp_path: Path, words: str) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "red.png")
    asked = ask(Query(words, str(tmp_path / "red.png")), [ChunkList("joint/colours", ColourEncoder())])
    assert [one.name for one in asked] == ["joint/colours (by picture)"]
