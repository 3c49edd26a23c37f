"""Answers with citations, whole or as they are written, by themselves or in a conversation."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import anyio.to_thread
from fastapi import APIRouter, Body, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mmrag.errors import MmragError
from mmrag.server.faults import message_of
from mmrag.server.routes.shared import OneIndex
from mmrag.server.shapes import AskRequest, ChatRequest
from mmrag.synthesize.context import Turn
from mmrag.synthesize.stream import AnswerStream
from mmrag.types import Answer, to_dict

router = APIRouter(prefix="/api/indexes/{index}", tags=["ask"])

_EVENTS = (
    "Server-sent events: `text` with a piece of the answer, at the end one `answer` with the whole, as "
    "`/ask` gives it, or one `error`."
)


@router.post("/ask")
async def ask(http: Request, index: OneIndex, request: Annotated[AskRequest, Body()]) -> Answer:
    """An answer with citations, from the best pages for the question."""
    return await _whole(http, lambda: _asked(index, request))


@router.post("/ask/stream", response_class=EventSourceResponse, response_description=_EVENTS)
async def ask_and_follow(
    http: Request, index: OneIndex, request: Annotated[AskRequest, Body()]
) -> AsyncIterator[ServerSentEvent]:
    """The same, as it is written. The model stops when the client goes."""
    async for event in _events(http, lambda: _asked(index, request)):
        yield event


@router.post("/chat")
async def chat(http: Request, index: OneIndex, request: Annotated[ChatRequest, Body()]) -> Answer:
    """An answer to a question that may lean on those before it. The client keeps the conversation."""
    return await _whole(http, lambda: _said(index, request))


@router.post("/chat/stream", response_class=EventSourceResponse, response_description=_EVENTS)
async def chat_and_follow(
    http: Request, index: OneIndex, request: Annotated[ChatRequest, Body()]
) -> AsyncIterator[ServerSentEvent]:
    """The same, as it is written."""
    async for event in _events(http, lambda: _said(index, request)):
        yield event


def _asked(index: OneIndex, request: AskRequest) -> AnswerStream:
    return index.here.stream(
        request.question,
        request.top_k,
        request.filters.value(),
        request.strategies,
        max_tokens=request.max_tokens,
    )


def _said(index: OneIndex, request: ChatRequest) -> AnswerStream:
    talk = index.here.chat(
        request.top_k, request.filters.value(), request.strategies, max_tokens=request.max_tokens
    )
    talk.history.extend(Turn(one.question, one.answer) for one in request.history)
    return talk.stream(request.question)


async def _whole(http: Request, begin: Callable[[], AnswerStream]) -> Answer:
    return await anyio.to_thread.run_sync(lambda: begin().answer, limiter=http.app.state.answers)


async def _events(http: Request, begin: Callable[[], AnswerStream]) -> AsyncIterator[ServerSentEvent]:
    """An answer is written in one thread, from its search to its end; its pieces come over meanwhile."""
    loop = asyncio.get_running_loop()
    pieces: asyncio.Queue[tuple[str, Any] | None] = asyncio.Queue()
    gone = threading.Event()

    def tell(event: tuple[str, Any] | None) -> None:
        loop.call_soon_threadsafe(pieces.put_nowait, event)

    def write() -> None:
        try:
            with begin() as stream:
                for piece in stream:
                    if gone.is_set():
                        return
                    tell(("text", piece))
                tell(("answer", to_dict(stream.answer)))
        except MmragError as error:
            fault = {"kind": type(error).__name__, "message": message_of(error, http.app.state.shelf)}
            tell(("error", fault))
        finally:
            tell(None)

    writing = asyncio.ensure_future(anyio.to_thread.run_sync(write, limiter=http.app.state.answers))
    try:
        while (event := await pieces.get()) is not None:
            yield ServerSentEvent(event=event[0], data=event[1])
        await writing
    finally:
        gone.set()
