"""Generators under many threads: made once, and alone where they have to be."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import count

import pytest

import mmrag
from mmrag.api.generating import Generators
from mmrag.errors import ModelError, SpecError
from mmrag.generators import Generation, LanguageModel, Limits, Message, Piece
from mmrag.types import Hit, Usage
from tests.api.test_update import RECIPE, built, folder

__all__ = ["built", "folder"]

HERE = "tests.api.test_generating"
PROMPT = [Message("user", ("When?",))]


class Quoter:
    """Notices who else is at work in it."""

    spec = f"{HERE}:Quoter"
    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.inside = threading.Lock()

    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        if not self.inside.acquire(blocking=False):
            raise ModelError("two threads are in it")
        threading.Event().wait(0.01)
        self.inside.release()
        return Generation(question, (), refused=True, confidence=0.0)


class ConcurrentQuoter(Quoter):
    """Says that it can do with several."""

    spec = f"{HERE}:ConcurrentQuoter"
    concurrent = True


class Counting(LanguageModel):
    """Counts up to its limit of tokens, and notices who else is at work in it."""

    spec = f"{HERE}:Counting"
    control_tokens = ("<x>",)

    def __init__(self) -> None:
        self.inside = threading.Lock()
        self.threads: set[int] = set()

    @property
    def limits(self) -> Limits:
        self.threads.add(threading.get_ident())
        return Limits(1000, 0, 100)

    def count(self, messages: Sequence[Message]) -> int:
        self.threads.add(threading.get_ident())
        return len(messages)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        self.threads.add(threading.get_ident())
        if not self.inside.acquire(blocking=False):
            raise ModelError("two threads are in it")
        try:
            for number in count(1) if max_tokens == 999 else range(1, max_tokens + 1):
                yield Piece(f"{number} ")
            if max_tokens == 4:
                raise ModelError("four is too hard")
            yield Piece(usage=Usage(1, max_tokens, 0))
        finally:
            self.inside.release()


@pytest.fixture
def shared() -> Iterator[Generators]:
    generators = Generators((), shared=True)
    yield generators
    generators.close()


@pytest.fixture
def counting(shared: Generators) -> LanguageModel:
    made = shared[Counting.spec]
    assert isinstance(made, LanguageModel)
    return made


def text(pieces: Iterator[Piece]) -> str:
    return "".join(piece.text for piece in pieces)


@pytest.mark.parametrize("kind", [Quoter, ConcurrentQuoter])
def test_a_generator_is_made_once_for_all_threads(built: mmrag.Index, kind: type[Quoter]) -> None:
    kind.made = 0
    recipe = replace(RECIPE, answer=replace(RECIPE.answer, generator=kind.spec))
    with mmrag.SharedIndex(built.path, pipeline=recipe) as shared, ThreadPoolExecutor(4) as threads:
        assert [shared.here.ask("Who?").text, kind.made] == ["Who?", 1]
        begin = threading.Barrier(4)

        def ask(_: int) -> str:
            begin.wait()
            return shared.here.ask("Zebra?").generator

        if kind is Quoter:
            assert list(threads.map(ask, range(4))) == [kind.spec] * 4
        else:
            with pytest.raises(ModelError, match="two threads are in it"):
                list(threads.map(ask, range(4)))
    assert kind.made == 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith(kind.spec)]


def test_one_thread_needs_no_other(built: mmrag.Index) -> None:
    assert isinstance(built._generators[Counting.spec], Counting)
    assert built._generators[Counting.spec] is built._generators[Counting.spec]


def test_a_model_says_from_its_thread_what_it_says_in_ours(counting: LanguageModel) -> None:
    counting.check()
    said = [counting.spec, counting.control_tokens, counting.limits, counting.count(PROMPT)]
    assert said == [Counting.spec, ("<x>",), Limits(1000, 0, 100), 1]
    assert list(counting.stream(PROMPT, 2)) == [Piece("1 "), Piece("2 "), Piece(usage=Usage(1, 2, 0))]
    inner: Counting = counting._made  # type: ignore[attr-defined]
    assert len(inner.threads) == 1
    assert threading.get_ident() not in inner.threads


def test_answers_wait_for_one_another_but_for_no_reader(counting: LanguageModel) -> None:
    first, second = counting.stream(PROMPT, 30), counting.stream(PROMPT, 3)
    begun = next(first).text
    assert text(second) == "1 2 3 "
    assert begun + text(first) == "".join(f"{number} " for number in range(1, 31))


def test_an_error_comes_after_what_was_written(counting: LanguageModel) -> None:
    pieces = counting.stream(PROMPT, 4)
    assert [next(pieces).text for _ in range(4)] == ["1 ", "2 ", "3 ", "4 "]
    with pytest.raises(ModelError, match="four is too hard"):
        next(pieces)
    assert text(counting.stream(PROMPT, 1)) == "1 "


def test_closing_stops_the_model(counting: LanguageModel) -> None:
    endless, waiting = counting.stream(PROMPT, 999), counting.stream(PROMPT, 999)
    assert next(endless).text == "1 "
    reading = threading.Thread(target=next, args=(waiting,))
    reading.start()
    endless.close()  # type: ignore[attr-defined]
    reading.join()
    waiting.close()  # type: ignore[attr-defined]
    assert text(counting.stream(PROMPT, 1)) == "1 "


def test_what_is_not_there_is_said_each_time(shared: Generators) -> None:
    ask: Callable[[], object] = lambda: shared["mini:extractiv"]  # noqa: E731
    for _ in range(2):
        with pytest.raises(SpecError, match="did you mean mini:extractive"):
            ask()
