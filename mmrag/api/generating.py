"""The generators of an index, each made once, and threads that take turns with those that want one alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import Any, TypeVar

from mmrag.encoders.base import Encoder
from mmrag.generators import Generation, Generator, LanguageModel, Limits, Message, Piece, load_generator
from mmrag.types import Hit

Result = TypeVar("Result")


class Generators:
    """Generators by their specs, each made when it is first asked for.

    Args:
        encoders: text encoders at hand, best first.
        shared: whether several threads will use them. What is not `LanguageModel.concurrent` then works in a
            thread of its own, for one question at a time.
    """

    def __init__(self, encoders: Sequence[Encoder], *, shared: bool = False) -> None:
        self._encoders, self._shared = encoders, shared
        self._made: dict[str, Generator | LanguageModel] = {}
        self._turn = threading.Lock()

    def __getitem__(self, spec: str) -> Generator | LanguageModel:
        """The one of that name.

        Raises:
            As `mmrag.generators.load_generator`.
        """
        with self._turn:
            if spec not in self._made:
                made = load_generator(spec, self._encoders)
                # A plugin's class need not say it, nor be a subclass of ours.
                alone = self._shared and not getattr(made, "concurrent", False)
                self._made[spec] = _alone(made) if alone else made
            return self._made[spec]

    def close(self) -> None:
        """End the threads, once nothing is asked any more."""
        for made in self._made.values():
            if isinstance(made, _Alone):
                made.thread.shutdown()


class _Alone:
    """What works in a thread of its own, whoever asks.

    Attributes:
        thread: its own.
    """

    def __init__(self, made: Any) -> None:
        self.spec: str = made.spec
        self.thread = ThreadPoolExecutor(1, thread_name_prefix=self.spec)
        self._made = made

    def _there(self, call: Callable[[], Result]) -> Result:
        return self.thread.submit(call).result()


class _GeneratorAlone(_Alone):
    def generate(self, question: str, hits: Sequence[Hit]) -> Generation:
        found: Generation = self._there(lambda: self._made.generate(question, hits))
        return found


class _ModelAlone(_Alone, LanguageModel):
    @property
    def control_tokens(self) -> tuple[str, ...]:  # type: ignore[override]
        tokens: tuple[str, ...] = self._there(lambda: self._made.control_tokens)
        return tokens

    @property
    def limits(self) -> Limits:
        limits: Limits = self._there(lambda: self._made.limits)
        return limits

    def count(self, messages: Sequence[Message]) -> int:
        tokens: int = self._there(lambda: self._made.count(messages))
        return tokens

    def check(self) -> None:
        self._there(self._made.check)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        # It goes on writing while a slow reader reads, and so keeps no other waiting for that reader.
        pieces: SimpleQueue[Piece | None] = SimpleQueue()
        unread = threading.Event()

        def write() -> None:
            try:
                if unread.is_set():  # while it waited for its turn
                    return
                for piece in self._made.stream(messages, max_tokens):
                    pieces.put(piece)
                    if unread.is_set():
                        return
            finally:
                pieces.put(None)

        done = self.thread.submit(write)
        try:
            while (piece := pieces.get()) is not None:
                yield piece
            done.result()
        finally:
            unread.set()


def _alone(made: Generator | LanguageModel) -> Generator | LanguageModel:
    return _ModelAlone(made) if isinstance(made, LanguageModel) else _GeneratorAlone(made)
