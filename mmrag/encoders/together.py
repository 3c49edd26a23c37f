"""Encoders that many threads ask at once: one works at a time, and takes along what the others wait for."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmrag.encoders.base import Encoder, Matrix, PageVectors, PageView
from mmrag.encoders.lists import ChunkList, PageList

_MOST = 64  # texts that are encoded at once, unless one thread brings more


def together(lists: Sequence[ChunkList | PageList]) -> list[ChunkList | PageList]:
    """The same lists with encoders that threads may share.

    What several lists share, such as an encoder of texts that another borrows, stays shared.
    """
    made: dict[int, Any] = {}

    def of(encoder: Any, kind: type[_Together]) -> Any:
        if id(encoder) not in made:
            made[id(encoder)] = wrapped = kind(encoder)
            if (borrowed := getattr(encoder, "texts", None)) is not None:
                wrapped.texts = of(borrowed, kind)
        return made[id(encoder)]

    return [
        ChunkList(found.name, of(found.encoder, _Texts))
        if isinstance(found, ChunkList)
        else PageList(found.name, of(found.encoder, _Pages))
        for found in lists
    ]


@dataclass(slots=True, eq=False)
class _Request:
    texts: Sequence[str]
    rows: Any = None
    error: Exception | None = None


class _Counter:
    """Where threads bring texts. Whoever's turn it is encodes all that wait, its own among them.

    Args:
        encode: gives as many rows as there are texts; never called by two threads at once.
        turn: held while it works; the same for all that an encoder does.
    """

    def __init__(self, encode: Callable[[list[str]], Any], turn: threading.Lock) -> None:
        self._encode, self._turn = encode, turn
        self._waiting: list[_Request] = []

    def __call__(self, texts: Sequence[str]) -> Any:
        mine = _Request(texts)
        self._waiting.append(mine)
        with self._turn:
            if mine.rows is None and mine.error is None:
                self._serve(mine)
        if mine.error is not None:
            raise mine.error
        return mine.rows

    def _serve(self, first: _Request) -> None:
        # `append` and `remove` are one step each for other threads, and only the holder of the turn removes.
        served = [first]
        for other in tuple(self._waiting):
            if other is not first and sum(len(one.texts) for one in served) + len(other.texts) <= _MOST:
                served.append(other)
        for one in served:
            self._waiting.remove(one)
        try:
            rows = self._encode([text for one in served for text in one.texts])
        except Exception as error:  # raised again in the thread that waits for it
            if len(served) == 1:
                first.error = error
                return
            for one in served:  # the text of one must not be the failure of all
                self._alone(one)
            return
        begin = 0
        for one in served:
            one.rows = rows[begin : begin + len(one.texts)]
            begin += len(one.texts)

    def _alone(self, request: _Request) -> None:
        try:
            request.rows = self._encode(list(request.texts))
        except Exception as error:  # as above
            request.error = error


class _Together:
    """What both kinds have in common; all that is not encoding is the encoder's own."""

    texts: Any  # only where the encoder borrows another's

    def __init__(self, encoder: Any) -> None:
        self._encoder = encoder
        self._turn = threading.Lock()
        self.encode_queries = _Counter(encoder.encode_queries, self._turn)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


class _Texts(_Together):
    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.encode_texts = _Counter(encoder.encode_texts, self._turn)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        with self._turn:
            counts: list[int] = self._encoder.count_tokens(texts)
        return counts

    def encode_pictures(self, pictures: Sequence[Any]) -> Matrix:
        with self._turn:
            made: Matrix = self._encoder.encode_pictures(pictures)
        return made


class _Pages(_Together):
    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        with self._turn:
            made: list[PageVectors] = self._encoder.encode_pages(pages)
        return made
