"""Chat completions: messages in, one message out, whole or piece by piece."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mmrag.endpoint.address import Address
from mmrag.endpoint.client import ATTEMPTS, SECONDS, Client
from mmrag.endpoint.errors import RejectedError
from mmrag.endpoint.reply import Reply, whole_reply
from mmrag.endpoint.streaming import Delta, deltas

_PATH = "/chat/completions"


class ChatModel:
    """One model of one server. May be used by several threads.

    Args:
        model: its name there.
        address: of the server.
        seconds, attempts, sleep: see `mmrag.endpoint.client.Client`.
    """

    def __init__(
        self,
        model: str,
        address: Address,
        *,
        seconds: float = SECONDS,
        attempts: int = ATTEMPTS,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.model, self.address = model, address
        self._client = Client(address, seconds=seconds, attempts=attempts, sleep=sleep)
        self._lock = threading.Lock()
        self._limit = "max_tokens"
        self._settings: dict[str, Any] = {"temperature": 0}
        self._streaming: dict[str, Any] = {"stream": True, "stream_options": {"include_usage": True}}

    def chat(self, messages: Sequence[Mapping[str, Any]], max_tokens: int) -> Reply:
        """The model's answer, as deterministic as it can be asked for.

        Models differ in what they take: where one refuses ``temperature`` or wants its limit under another
        name, it is asked again accordingly, and so from then on.

        Args:
            messages: as the interface has them: ``{"role": …, "content": text or parts}``.
            max_tokens: longest answer.

        Raises:
            EndpointError: if there is no answer, or none that can be read.
        """
        while True:
            payload = self._payload(messages, max_tokens)
            try:
                return whole_reply(self._client.ask(_PATH, payload))
            except RejectedError as error:
                if not self._adapts(error, payload):
                    raise

    def stream(self, messages: Sequence[Mapping[str, Any]], max_tokens: int) -> Iterator[Delta]:
        """As `chat`, but piece by piece; the last piece brings the whole reply. Closing it hangs up.

        A server that refuses to stream, or to count what it streams, is asked without.

        Raises:
            EndpointError: as `chat`; if the answer breaks off, what was written before has been given.
        """
        while True:
            payload = self._payload(messages, max_tokens) | self._streaming
            try:
                yield from self._client.stream(_PATH, payload, deltas)
                return
            except RejectedError as error:
                if not self._adapts(error, payload):
                    raise

    def picture_and_text(self, data_uri: str, text: str) -> list[dict[str, Any]]:
        """Messages of one user who shows a picture, given as data URI, and says something about it."""
        parts = [
            {"type": "image_url", "image_url": {"url": data_uri}},
            {"type": "text", "text": text},
        ]
        return [{"role": "user", "content": parts}]

    def _payload(self, messages: Sequence[Mapping[str, Any]], max_tokens: int) -> dict[str, Any]:
        with self._lock:
            return {"model": self.model, "messages": messages, self._limit: max_tokens, **self._settings}

    def _adapts(self, error: RejectedError, payload: Mapping[str, Any]) -> bool:
        """Whether another try may fare better: what the server objects to was sent, and can be left out."""
        with self._lock:
            if error.param == "max_tokens" and "max_tokens" in payload:
                self._limit = "max_completion_tokens"
                return True
            if error.param == "temperature" and "temperature" in payload:
                self._settings.pop(error.param, None)
                return True
            if "stream_options" in payload and "stream_options" in f"{error.param} {error}":
                self._streaming = {"stream": True}
                return True
            if "stream" in payload and error.param == "stream":
                self._streaming = {}
                return True
        return False
