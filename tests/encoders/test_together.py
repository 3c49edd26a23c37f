"""Threads that ask one encoder: what they wait for is encoded together, and each gets its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.lists import ChunkList, PageList, texts_of
from mmrag.encoders.together import together
from mmrag.errors import ModelError
from tests.fakes import ColourEncoder, LetterEncoder, LinesEncoder


class Slow(LetterEncoder):
    """Waits at its first call, and keeps what each call was given."""

    def __init__(self) -> None:
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.given: list[list[str]] = []

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        self.given.append(list(queries))
        self.begun.set()
        assert self.go_on.wait(10)
        if "bad" in queries:
            raise ModelError("it can't read bad")
        return super().encode_queries(queries)


def ask_while_busy(slow: Slow, questions: list[str]) -> list[Future[Matrix]]:
    """One thread asks "first"; while it is encoded the others ask, all at once."""
    (shared,) = together([ChunkList("a/slow", slow)])
    threads = ThreadPoolExecutor(len(questions) + 1)
    asked = [threads.submit(shared.encoder.encode_queries, ["first"])]
    assert slow.begun.wait(10)
    asked += [threads.submit(shared.encoder.encode_queries, [question]) for question in questions]
    while threads._work_queue.qsize() or len(shared.encoder.encode_queries._waiting) < len(questions):
        pass
    slow.go_on.set()
    threads.shutdown()
    return asked


def test_what_waits_is_encoded_together_and_each_gets_its_own() -> None:
    slow, questions = Slow(), ["cab", "dog", "egg", "fox"]
    asked = ask_while_busy(slow, questions)
    assert slow.given[0] == ["first"]
    assert len(slow.given) == 2
    assert sorted(slow.given[1]) == questions
    for question, found in zip(["first", *questions], asked, strict=True):
        assert np.array_equal(found.result(), LetterEncoder().encode_queries([question]))


def test_a_question_that_fails_fails_alone() -> None:
    slow = Slow()
    asked = ask_while_busy(slow, ["cab", "bad", "egg"])
    with pytest.raises(ModelError, match="can't read bad"):
        asked[2].result()
    for question, found in (("cab", asked[1]), ("egg", asked[3])):
        assert np.array_equal(found.result(), LetterEncoder().encode_queries([question]))


def test_more_than_a_batch_holds_is_encoded_in_turns() -> None:
    slow = Slow()
    asked = ask_while_busy(slow, [f"{number}" for number in range(70)])
    assert sorted(map(len, slow.given)) == [1, 6, 64]
    assert all(found.result().shape == (1, 26) for found in asked)


def test_the_rest_is_the_encoder_s_own() -> None:
    colours, lines = ColourEncoder(), LinesEncoder()
    first, second, third = together(
        [ChunkList("a/x", colours), ChunkList("b/x", colours), PageList("c/y", lines)]
    )
    assert first.encoder is second.encoder
    assert (first.encoder.spec, first.encoder.dim, first.encoder.fingerprint) == (
        colours.spec,
        colours.dim,
        colours.fingerprint,
    )
    assert texts_of(first.encoder).fingerprint == "letters-1"
    assert first.encoder.count_tokens(["two words"]) == [4]
    picture = Image.new("RGB", (4, 4), "red")
    assert np.array_equal(first.encoder.encode_pictures([picture]), colours.encode_pictures([picture]))
    (rows,) = third.encoder.encode_queries(["cab dog"])
    assert rows.shape == (2, 26)
    assert third.encoder.encode_pages([]) == []
