"""What a response of LlamaIndex tells about tokens, in the words of many servers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_IN = ("prompt_tokens", "input_tokens", "prompt_eval_count", "prompt_token_count", "inputTokens")
_OUT = ("completion_tokens", "output_tokens", "eval_count", "candidates_token_count", "outputTokens")
_GROUPS = ("usage", "usage_metadata", "usageMetadata")
_ENDS = ("finish_reason", "stop_reason", "done_reason", "stopReason")
_CUT = ("length", "max_tokens", "max_output_tokens", "model_length")


def tokens_of(response: Any) -> tuple[int, int] | None:
    """Tokens in and out, as OpenAI, Anthropic, Ollama, Gemini, Bedrock and their like name them."""
    for place in _places(response):
        found = [
            next((n for n in (_at(place, name) for name in names) if _is_count(n)), None)
            for names in (_IN, _OUT)
        ]
        if found[0] is not None and found[1] is not None:
            return found[0], found[1]
    return None


def is_cut(response: Any) -> bool:
    """Whether the server says that the answer ran into its limit of tokens."""
    ends = (_at(place, name) for place in _places(response) for name in _ENDS)
    return any(str(getattr(end, "name", end)).lower() in _CUT for end in ends if end is not None)


def _places(response: Any) -> Iterator[Any]:
    """Where it may stand, the most likely first."""
    message = _at(response, "message")
    for around in (response, message):
        extra = _at(around, "additional_kwargs")
        yield from (extra, *(_at(extra, name) for name in _GROUPS))
    raw = _at(response, "raw")
    yield from (raw, *(_at(raw, name) for name in _GROUPS))
    for several in ("choices", "candidates"):
        listed = _at(raw, several)
        yield from listed[:1] if isinstance(listed, (list, tuple)) else ()


def _at(place: Any, name: str) -> Any:
    return place.get(name) if isinstance(place, Mapping) else getattr(place, name, None)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
