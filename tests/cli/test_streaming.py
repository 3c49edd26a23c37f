from __future__ import annotations

import io
from collections.abc import Iterator

import pytest
from rich.console import Console

from mmrag.cli.streaming import Words, print_written
from mmrag.errors import ModelError
from mmrag.synthesize import AnswerStream
from mmrag.synthesize.stream import Writing
from mmrag.types import Answer

ANSWER = Answer("How high?", "The road deck [1].", (), (), False, 0.9, "tests:Says")


def console(width: int = 80) -> tuple[Console, io.StringIO]:
    out = io.StringIO()
    return Console(file=out, width=width, highlight=False, markup=False, emoji=False), out


def writing(pieces: list[str], seen: list[str], out: io.StringIO, breaks: bool = False) -> Writing:
    for piece in pieces:
        yield piece
        seen.append(out.getvalue())
    if breaks:
        raise ModelError("the answer broke off")
    return ANSWER


def test_each_piece_is_on_the_screen_before_the_next_but_one_is_written():
    made, out = console()
    seen: list[str] = []
    answer = print_written(made, AnswerStream(writing(["The ", "road ", "deck ", "[1]."], seen, out)))
    assert answer == ANSWER
    assert seen == ["", "The road ", "The road deck ", "The road deck [1]."]
    assert out.getvalue() == "The road deck [1].\n"


@pytest.mark.parametrize("pieces", [["The road "], ["The ", "road "]])
def test_what_was_written_before_an_answer_breaks_off_is_shown(pieces: list[str]):
    made, out = console()
    with pytest.raises(ModelError, match="broke off"):
        print_written(made, AnswerStream(writing(pieces, [], out, breaks=True)))
    assert out.getvalue() == "The road \n"


def pieces_of(text: str) -> Iterator[str]:
    return (text[at : at + 3] for at in range(0, len(text), 3))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("The road deck is nine metres high.", "The road\ndeck is\nnine\nmetres\nhigh.\n"),
        ("one\n\n- two", "one\n\n- two\n"),
        ("涨潮时，五座水闸全部打开[1]。", "涨潮时，五\n座水闸全部\n打开[1]。\n"),
        ("a bargeboardmaker b", "a\nbargeboardmaker\nb\n"),
    ],
)
def test_no_word_is_broken_at_the_end_of_a_line(monkeypatch: pytest.MonkeyPatch, text: str, shown: str):
    monkeypatch.setenv("COLUMNS", "10")
    made, out = console(10)
    words = Words(made)
    for piece in pieces_of(text):
        words.add(piece)
    words.end()
    assert [line.rstrip() for line in out.getvalue().splitlines()] == shown.splitlines()


def test_nothing_in_an_answer_steers_the_terminal():
    made, out = console()
    words = Words(made)
    words.add("deck\x1b[2J\u202e\r\n")
    words.end()
    assert out.getvalue() == "deck [2J  \n\n"
