"""Chat completions: messages in, one message out."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mmrag.endpoint.address import Address
from mmrag.endpoint.client import ATTEMPTS, SECONDS, Client, RejectedError
from mmrag.endpoint.errors import EndpointError

_PATH = "/chat/completions"


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model answered.

    Attributes:
        text: its message, without the thoughts that some servers put before it.
        tokens_in, tokens_out: as the server counts them; 0 where it does not say.
        cut: whether it ran into the limit of tokens.
    """

    text: str
    tokens_in: int
    tokens_out: int
    cut: bool


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
            with self._lock:
                payload = {
                    "model": self.model,
                    "messages": messages,
                    self._limit: max_tokens,
                    **self._settings,
                }
            try:
                return _reply(self._client.ask(_PATH, payload))
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

    def _adapts(self, error: RejectedError, payload: Mapping[str, Any]) -> bool:
        """Whether another try may fare better: what the server objects to was sent, and can be left out."""
        with self._lock:
            if error.param == "max_tokens" and "max_tokens" in payload:
                self._limit = "max_completion_tokens"
                return True
            if error.param == "temperature" and "temperature" in payload:
                self._settings.pop(error.param, None)
                return True
        return False


def _reply(data: Mapping[str, Any]) -> Reply:
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content = message.get("content") or ""
        refusal, finish = message.get("refusal"), choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise EndpointError(f"the server answered without a message{_said(data)}") from error
    if isinstance(content, list):  # some servers answer in parts
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    if refusal and not content:
        raise EndpointError(f"the model refused: {' '.join(str(refusal).split())[:200]}")
    if finish == "content_filter" and not content:
        raise EndpointError("the server's content filter withheld the answer")
    usage = data.get("usage")
    counts = usage if isinstance(usage, Mapping) else {}
    return Reply(
        text=without_thoughts(str(content)),
        tokens_in=_count(counts.get("prompt_tokens")),
        tokens_out=_count(counts.get("completion_tokens")),
        cut=finish == "length",
    )


def without_thoughts(text: str) -> str:
    """What follows the thoughts that a model has written down between ``<think>`` and ``</think>``.

    Some templates write the first of the two themselves, so that only the second is in the answer.
    """
    _, end, answer = text.rpartition("</think>")
    if end:
        return answer.strip()
    return "" if answer.lstrip().startswith("<think>") else answer.strip()


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0


def _said(data: Mapping[str, Any]) -> str:
    error = data.get("error")
    said = error.get("message", "") if isinstance(error, Mapping) else ""
    return f": {' '.join(str(said).split())[:200]}" if said else ""
