"""Chat completions as they are written: server-sent events (WHATWG HTML, 9.2) become pieces of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from mmrag.endpoint.client import TRY_AGAIN, parsed
from mmrag.endpoint.errors import EndpointError, NoAnswerError
from mmrag.endpoint.reply import (
    Reply,
    complaint_of,
    content_of,
    counts_of,
    raise_withheld,
    whole_reply,
)
from mmrag.text.thoughts import Thoughts

_DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class Delta:
    """A piece of a reply.

    Attributes:
        text: what is new.
        reply: all of it with its counts; with the last piece alone, which has no text.
    """

    text: str = ""
    reply: Reply | None = None


def deltas(lines: Iterator[bytes]) -> Iterator[Delta]:
    """What the lines of an answer say, piece by piece. Put together, the pieces are the text of the reply.

    A server that answers a wish for a stream with one chat completion is understood too.

    Raises:
        NoAnswerError: if the answer ends before the model has.
        EndpointError: if it makes no sense, holds an error, or is withheld or broken off by a filter.
    """
    for first in lines:
        if first.lstrip().startswith(b"{"):
            yield from _at_once(whole_reply(_sound(parsed(b"\n".join((first, *lines))))))
            return
        if first.strip():
            yield from _Assembly().pieces(events(chain((first,), lines)))
            return
    raise NoAnswerError("the answer is empty")


def events(lines: Iterator[bytes]) -> Iterator[bytes]:
    """The data of each event."""
    data: list[bytes] = []
    for line in chain(lines, (b"",)):
        field, _, value = line.partition(b":")
        if line and field in (b"data", b"error"):  # the second from older versions of llama.cpp
            data.append(value.strip())
        elif not line and data:
            yield b"\n".join(data)
            data.clear()


class _Assembly:
    """Puts a reply together from its events."""

    def __init__(self) -> None:
        self._thoughts = Thoughts()
        self._text: list[str] = []
        self._refusal: list[str] = []
        self._counts = (0, 0)
        self._begun = False
        self._finish: Any = None

    def pieces(self, found: Iterator[bytes]) -> Iterator[Delta]:
        done = False
        for event in found:
            if event == _DONE:
                done = True
                break
            yield from self._given(self._thoughts.add(self._read(_sound(parsed(event)))))
        if not done and self._finish is None:
            raise NoAnswerError("the stream ended half-way")
        if not self._begun:
            raise EndpointError("the server answered without a message")
        yield from self._given(self._thoughts.end())
        yield Delta(reply=self._reply())

    def _read(self, data: Mapping[str, Any]) -> str:
        """The text of one event. The last one, and the first of some servers, have no choice."""
        self._counts = max(self._counts, counts_of(data))
        try:
            for choice in (data.get("choices") or [])[:1]:
                delta = choice.get("delta") or choice.get("message") or {}
                self._begun = True
                self._finish = choice.get("finish_reason") or self._finish
                self._refusal.append(str(delta.get("refusal") or ""))
                return content_of(delta)
        except (TypeError, AttributeError) as error:
            raise EndpointError("the server answered without a message") from error
        return ""

    def _given(self, text: str) -> Iterator[Delta]:
        if text:
            self._text.append(text)
            yield Delta(text)

    def _reply(self) -> Reply:
        text = "".join(self._text)
        if not text:
            raise_withheld("".join(self._refusal), self._finish)
        if self._finish == "content_filter":
            raise EndpointError("the server's content filter broke the answer off")
        return Reply(text, *self._counts, cut=self._finish == "length")


def _at_once(reply: Reply) -> Iterator[Delta]:
    if reply.text:
        yield Delta(reply.text)
    yield Delta(reply=reply)


def _sound(data: dict[str, Any]) -> dict[str, Any]:
    """``data``, if it is no error. One that may pass, such as an overload, is for another try."""
    if not data.get("error"):
        return data
    code = data["error"].get("code") if isinstance(data["error"], Mapping) else None
    kind = NoAnswerError if str(code) in map(str, TRY_AGAIN) else EndpointError
    raise kind(f"the server failed{complaint_of(data)}")
