"""Answers with citations, whole or as they are written, by themselves or in a conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated

from fastapi import APIRouter, Body, Request
from fastapi.sse import EventSourceResponse, ServerSentEvent

from mmrag.api.sharing import SharedIndex
from mmrag.server.following import follow, whole
from mmrag.server.routes.shared import OneIndex
from mmrag.server.shapes import STREAM_ERRORS, AskRequest, ChatRequest
from mmrag.synthesize.prompting import Turn
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
    return await whole(http, lambda: _asked(index, request))


@router.post(
    "/ask/stream", responses=STREAM_ERRORS, response_class=EventSourceResponse, response_description=_EVENTS
)
async def ask_and_follow(
    http: Request, index: OneIndex, request: Annotated[AskRequest, Body()]
) -> AsyncIterator[ServerSentEvent]:
    """The same, as it is written. The model stops when the client goes."""
    async for event in _events(http, lambda: _asked(index, request)):
        yield event


@router.post("/chat")
async def chat(http: Request, index: OneIndex, request: Annotated[ChatRequest, Body()]) -> Answer:
    """An answer to a question that may lean on those before it. The client keeps the conversation."""
    return await whole(http, lambda: said(index, request))


@router.post(
    "/chat/stream", responses=STREAM_ERRORS, response_class=EventSourceResponse, response_description=_EVENTS
)
async def chat_and_follow(
    http: Request, index: OneIndex, request: Annotated[ChatRequest, Body()]
) -> AsyncIterator[ServerSentEvent]:
    """The same, as it is written."""
    async for event in _events(http, lambda: said(index, request)):
        yield event


def _asked(index: SharedIndex, request: AskRequest) -> AnswerStream:
    return index.here.stream(
        request.question,
        request.top_k,
        request.filters.value(),
        request.strategies,
        max_tokens=request.max_tokens,
    )


def said(index: SharedIndex, request: ChatRequest) -> AnswerStream:
    """The answer to the next question of a conversation, begun in the thread that calls."""
    talk = index.here.chat(
        request.top_k, request.filters.value(), request.strategies, max_tokens=request.max_tokens
    )
    talk.history.extend(Turn(one.question, one.answer) for one in request.history)
    return talk.stream(request.question)


async def _events(http: Request, begin: Callable[[], AnswerStream]) -> AsyncIterator[ServerSentEvent]:
    async for name, data in follow(http, begin):
        yield ServerSentEvent(event=name, data=to_dict(data))
