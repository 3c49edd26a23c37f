"""What a model answered, as it stands in the server's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mmrag.endpoint.errors import EndpointError
from mmrag.text.normalise import normalise
from mmrag.text.thoughts import mended, without_thoughts


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


def whole_reply(data: Mapping[str, Any]) -> Reply:
    """The reply in a chat completion.

    Raises:
        EndpointError: if there is no message in it, or the model or the server withheld one.
    """
    try:
        choice = data["choices"][0]
        message = choice["message"]
        content = content_of(message)
        refusal, finish = message.get("refusal"), choice.get("finish_reason")
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise EndpointError(f"the server answered without a message{complaint_of(data)}") from error
    if not content:
        raise_withheld(refusal, finish)
    tokens_in, tokens_out = counts_of(data)
    return Reply(without_thoughts(mended(content)), tokens_in, tokens_out, cut=finish == "length")


def raise_withheld(refusal: Any, finish: Any) -> None:
    """Does nothing, unless an answer without content has a reason for it.

    Raises:
        EndpointError: with the model's refusal, or naming the server's content filter.
    """
    if refusal:
        raise EndpointError(f"the model refused: {one_line(refusal, 200)}")
    if finish == "content_filter":
        raise EndpointError("the server's content filter withheld the answer")


def content_of(message: Mapping[str, Any]) -> str:
    """The text of a message or of a piece of one; some servers give it in parts."""
    content = message.get("content") or ""
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    return str(content)


def counts_of(data: Mapping[str, Any]) -> tuple[int, int]:
    """Tokens of prompt and answer; 0 where the server does not say."""
    usage = data.get("usage")
    counts = usage if isinstance(usage, Mapping) else {}
    return _count(counts.get("prompt_tokens")), _count(counts.get("completion_tokens"))


def complaint_of(data: Mapping[str, Any]) -> str:
    """What an answer says of an error, after a colon; empty if it says nothing."""
    error = data.get("error")
    said = error.get("message", "") if isinstance(error, Mapping) else error or ""
    return f": {one_line(said, 200)}" if said else ""


def one_line(said: Any, longest: int) -> str:
    """What a server says, for a message: in one line, without what would steer a terminal."""
    line = " ".join(normalise(str(said)).split())
    return line if len(line) <= longest else f"{line[:longest]} …"


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
