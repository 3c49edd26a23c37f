from __future__ import annotations

import pytest

from mmrag.errors import ModelError
from mmrag.synthesize import AnswerStream
from mmrag.synthesize.stream import Writing
from mmrag.types import Answer

SAID = Answer("?", "one two", (), (), False, 1.0, "tests")


class Written:
    """Counts how far the writing came, and whether it was closed."""

    def __init__(self, fails: bool = False) -> None:
        self.given, self.closed, self._fails = 0, False, fails

    def writing(self) -> Writing:
        try:
            for piece in ("one", " two"):
                self.given += 1
                yield piece
            if self._fails:
                raise ModelError("it broke off")
            return SAID
        finally:
            self.closed = True


def test_the_text_comes_in_pieces_and_then_the_answer():
    stream = AnswerStream(Written().writing())
    assert list(stream) == ["one", " two"]
    assert stream.answer is SAID
    assert list(stream) == []


def test_the_answer_waits_for_the_rest():
    written = Written()
    stream = AnswerStream(written.writing())
    assert next(iter(stream)) == "one"
    assert stream.answer is SAID
    assert written.given == 2


def test_leaving_early_stops_the_writing():
    written = Written()
    with AnswerStream(written.writing()) as stream:
        next(iter(stream))
    assert written.closed
    assert written.given == 1
    with pytest.raises(ValueError, match="not written to its end"):
        _ = stream.answer


def test_what_breaks_off_raises_and_has_no_answer():
    stream = AnswerStream(Written(fails=True).writing())
    with pytest.raises(ModelError, match="broke off"):
        list(stream)
    with pytest.raises(ValueError, match="failed"):
        _ = stream.answer
