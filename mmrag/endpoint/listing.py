"""What a server's list of models says of one of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmrag.endpoint.address import Address
from mmrag.endpoint.client import Client
from mmrag.endpoint.errors import EndpointError, RejectedError

_SECONDS = 5.0
_NO_LIST = (404, 405, 501)
_CONTEXT = ("n_ctx", "max_model_len", "context_length", "context_window", "max_context_length", "n_ctx_train")
"""How llama.cpp, vLLM, OpenRouter, Groq and Mistral call it; the one that a server was started with first."""


def context_of(model: str, address: Address) -> int:
    """Tokens of prompt and answer together that the server gives the model; 0 where it does not tell."""
    try:
        entries = models_at(address)
    except EndpointError:
        return 0  # what is wrong is said when the model is asked
    named = [each for each in entries if model in (each.get("id"), each.get("root"))]
    # A server that was started with one model serves that one under any name.
    chosen = named[0] if named else entries[0] if len(entries) == 1 else {}
    meta = chosen.get("meta")
    facts: dict[str, Any] = {**chosen, **(meta if isinstance(meta, Mapping) else {})}
    found = (facts.get(name) for name in _CONTEXT)
    return next((value for value in found if isinstance(value, int) and value > 0), 0)


def models_at(address: Address) -> list[Mapping[str, Any]]:
    """The server's list of models; nothing where it keeps none.

    Raises:
        EndpointError: if the server can't be reached or refuses the key.
    """
    try:
        listed = Client(address, seconds=_SECONDS, attempts=1).ask("/models", None).get("data")
    except RejectedError as error:
        if error.status in _NO_LIST:
            return []
        raise
    return [each for each in listed if isinstance(each, Mapping)] if isinstance(listed, list) else []
