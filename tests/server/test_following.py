"""Answers that are followed: what goes wrong is told, and who has left is not written for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from mmrag.errors import ModelError
from mmrag.server.following import follow


class Story:
    """An answer without an end, as a stream; how far it was read."""

    def __init__(self) -> None:
        self.read, self.closed = 0, threading.Event()

    @contextmanager
    def told(self) -> Iterator[Iterator[str]]:
        try:
            yield self._pieces()
        finally:
            self.closed.set()

    def _pieces(self) -> Iterator[str]:
        while True:
            self.read += 1
            yield "word "


def request(answers: int = 1) -> Any:
    state = SimpleNamespace(answers=anyio.CapacityLimiter(answers), shelf=SimpleNamespace(all={}))
    return SimpleNamespace(app=SimpleNamespace(state=state))


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ModelError("the model is gone"), {"kind": "ModelError", "message": "the model is gone"}),
        (
            RuntimeError("secret: /home/someone"),
            {"kind": "InternalError", "message": "something went wrong; the server's log says what"},
        ),
    ],
)
def test_every_error_is_the_last_event(error: Exception, told: dict[str, str]) -> None:
    def begin() -> Any:
        raise error

    async def all_events() -> list[Any]:
        return [event async for event in follow(request(), begin)]

    assert asyncio.run(all_events()) == [("error", told)]


def test_the_model_stops_when_nobody_listens() -> None:
    story = Story()

    async def leave() -> None:
        events = follow(request(), story.told)  # type: ignore[arg-type]
        assert await anext(events) == ("text", "word ")
        await events.aclose()  # type: ignore[attr-defined]
        assert await asyncio.to_thread(story.closed.wait, 10)

    asyncio.run(leave())
    assert story.closed.is_set()


def test_for_who_left_while_waiting_nothing_is_begun() -> None:
    begun: list[int] = []

    async def leave() -> None:
        http = request(answers=1)
        async with http.app.state.answers:
            events = follow(http, lambda: begun.append(1))  # type: ignore[arg-type, func-returns-value]
            waiting = asyncio.ensure_future(anext(events))
            await asyncio.sleep(0.01)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with http.app.state.answers:  # its turn came first
            assert begun == []

    asyncio.run(leave())
