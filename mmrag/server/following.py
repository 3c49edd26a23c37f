"""Answers while they are written, each by one thread from the search to the end."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio.to_thread
from fastapi import Request

from mmrag.errors import MmragError
from mmrag.server.faults import message_of
from mmrag.server.guard import BROKEN
from mmrag.synthesize.stream import AnswerStream
from mmrag.types import Answer

Event = tuple[str, Any]

_LOG = logging.getLogger(__name__)


async def whole(http: Request, begin: Callable[[], AnswerStream]) -> Answer:
    """The answer that ``begin`` begins, once it is written."""
    writing = asyncio.ensure_future(
        anyio.to_thread.run_sync(lambda: begin().answer, limiter=http.app.state.answers)
    )
    # A thread can't be stopped: it counts as busy until it is done, even where its request is given up.
    return await asyncio.shield(writing)


async def follow(http: Request, begin: Callable[[], AnswerStream]) -> AsyncIterator[Event]:
    """``("text", piece)`` for each piece, then ``("answer", Answer)`` or ``("error", {"kind", "message"})``.

    The model stops at its next word when nobody listens any more.
    """
    loop = asyncio.get_running_loop()
    events: asyncio.Queue[Event | None] = asyncio.Queue()
    gone = threading.Event()

    def tell(event: Event | None) -> None:
        loop.call_soon_threadsafe(events.put_nowait, event)

    def write() -> None:
        try:
            if gone.is_set():  # while it waited for its turn
                return
            with begin() as stream:
                for piece in stream:
                    if gone.is_set():
                        return
                    tell(("text", piece))
                tell(("answer", stream.answer))
        except MmragError as error:
            message = message_of(error, http.app.state.shelf)
            tell(("error", {"kind": type(error).__name__, "message": message}))
        except Exception:
            _LOG.exception("writing an answer failed")
            tell(("error", {"kind": "InternalError", "message": BROKEN}))
        finally:
            tell(None)

    writing = asyncio.ensure_future(anyio.to_thread.run_sync(write, limiter=http.app.state.answers))
    try:
        while (event := await events.get()) is not None:
            yield event
        await writing
    finally:
        gone.set()
