"""The calls of OpenAI's API that chat programs make, so that they can use an index as a model."""

from __future__ import annotations

import base64
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Body, Request
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response, StreamingResponse

from mmrag.errors import UsageError
from mmrag.server.following import follow, whole
from mmrag.server.routes.answering import said
from mmrag.server.routes.shared import AllIndexes
from mmrag.server.shapes import LONGEST_ANSWER, LONGEST_QUESTION, ChatRequest, Exchange, Text
from mmrag.synthesize.stream import AnswerStream
from mmrag.types import Answer, to_dict

router = APIRouter(prefix="/v1", tags=["OpenAI-compatible"])

_MOST_TEXTS = 2048
_LONGEST_TEXT = 100_000
_REMEMBERED = 50
_RULE = "\n\n---\n"
_SOURCE = re.compile(r"\[\d+\] ")


class Part(BaseModel):
    """A part of a message; only text is read."""

    model_config = ConfigDict(extra="allow")
    type: str
    text: Text = ""


class Message(BaseModel):
    """A message of a conversation."""

    model_config = ConfigDict(extra="allow")
    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Text | list[Part] | None = None

    @property
    def said(self) -> str:
        """Its text. Raises UsageError if it shows something else."""
        if isinstance(self.content, list):
            if any(part.type not in ("text", "input_text", "output_text") for part in self.content):
                raise UsageError(
                    "messages may hold text alone; search with pictures at /api/indexes/…/search/picture"
                )
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class Completion(BaseModel):
    """A request to go on with a conversation. ``model`` names an index; what is not here has no effect."""

    model_config = ConfigDict(extra="allow")
    model: str
    messages: list[Message] = Field(min_length=1, max_length=200)
    stream: bool = False


class Embeddings(BaseModel):
    """A request for vectors. ``model`` is the name of an index, whose encoder of texts makes them."""

    model_config = ConfigDict(extra="allow")
    model: str
    input: Text | Annotated[list[Text], Field(min_length=1, max_length=_MOST_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"


@router.get("/models")
def models(shelf: AllIndexes) -> dict[str, Any]:
    """The indexes, each as a model."""
    data = [{"id": name, "object": "model", "created": 0, "owned_by": "mmrag"} for name in shelf.all]
    return {"object": "list", "data": data}


@router.post("/chat/completions", responses={200: {"content": {"text/event-stream": {}}}})
async def complete(http: Request, shelf: AllIndexes, request: Annotated[Completion, Body()]) -> Response:
    """The answer to the last message, which may lean on those before it; its sources stand below it.

    ``mmrag`` in what comes back is the whole answer, with citations, pages and boxes.
    """
    index = shelf[request.model]
    question = _question(request.messages)

    def begin() -> AnswerStream:
        return said(index, question)

    head = {"id": f"chatcmpl-{secrets.token_hex(12)}", "created": int(time.time()), "model": request.model}
    if request.stream:
        return StreamingResponse(_chunks(http, begin, head), media_type="text/event-stream")
    answer = await whole(http, begin)
    message = {"role": "assistant", "content": answer.text + _sources(answer)}
    choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
    body = {
        **head,
        "object": "chat.completion",
        "choices": [choice],
        "usage": _usage(answer),
        "mmrag": to_dict(answer),
    }
    return JSONResponse(body)


@router.post("/embeddings")
def embed(shelf: AllIndexes, request: Annotated[Embeddings, Body()]) -> JSONResponse:
    """Vectors of texts, of unit length, by the first encoder of texts that the index has."""
    texts = [request.input] if isinstance(request.input, str) else request.input
    for text in texts:
        if not text.strip() or len(text) > _LONGEST_TEXT:
            raise UsageError(f"each text wants 1 to {_LONGEST_TEXT:,} characters, found one of {len(text):,}")
    vectors, tokens = shelf[request.model].here.embed(texts)
    data = [
        {"object": "embedding", "index": at, "embedding": _written(row, request.encoding_format)}
        for at, row in enumerate(vectors)
    ]
    usage = {"prompt_tokens": tokens, "total_tokens": tokens}
    return JSONResponse({"object": "list", "model": request.model, "data": data, "usage": usage})


def _question(messages: Sequence[Message]) -> ChatRequest:
    """The last message as a question, those before it as what was said. Who else speaks has no say here."""
    talk = [message for message in messages if message.role in ("user", "assistant")]
    if not talk or talk[-1].role != "user" or not talk[-1].said.strip():
        raise UsageError("the last message has to be a question of the user")
    history = [
        Exchange(question=asked.said[:LONGEST_QUESTION], answer=_unsourced(answered.said)[:LONGEST_ANSWER])
        for asked, answered in pairwise(talk)
        if asked.role == "user" and answered.role == "assistant" and asked.said.strip()
    ]
    if len(talk[-1].said) > LONGEST_QUESTION:
        raise UsageError(
            f"a question of {len(talk[-1].said):,} characters is over the limit of {LONGEST_QUESTION:,}"
        )
    return ChatRequest(question=talk[-1].said, history=history[-_REMEMBERED:])


def _unsourced(text: str) -> str:
    """An earlier answer without the sources that `_sources` put below it; other rules are its own."""
    answer, rule, below = text.rpartition(_RULE)
    is_ours = bool(rule) and all(_SOURCE.match(line) for line in below.rstrip().split("\n"))
    return answer if is_ours else text


async def _chunks(
    http: Request, begin: Callable[[], AnswerStream], head: dict[str, Any]
) -> AsyncIterator[str]:
    def chunk(delta: dict[str, str], reason: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        body = {**head, "object": "chat.completion.chunk", "choices": [choice], **more}
        return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"

    yield chunk({"role": "assistant", "content": ""})
    async for name, data in follow(http, begin):
        if name == "text":
            yield chunk({"content": data})
        elif name == "error":
            yield f"data: {json.dumps({'error': data}, ensure_ascii=False)}\n\n"
        else:
            yield chunk({"content": _sources(data)})
            yield chunk({}, _reason(data), usage=_usage(data), mmrag=to_dict(data))
    yield "data: [DONE]\n\n"


def _sources(answer: Answer) -> str:
    """Where each [n] stands, below the answer: chat programs show nothing else."""
    if not answer.citations:
        return ""
    places = (
        f"[{one.number}] {one.document.path}, {'p.' if one.document.paged else '§'} {one.page.number}"
        for one in answer.citations
    )
    return _RULE + "\n".join(places)


def _reason(answer: Answer) -> str:
    return "length" if answer.stopped else "stop"


def _usage(answer: Answer) -> dict[str, int]:
    read, written = answer.tokens.get("in", 0), answer.tokens.get("out", 0)
    return {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}


def _written(row: NDArray[np.float32], form: str) -> list[float] | str:
    if form == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return [float(value) for value in row]
