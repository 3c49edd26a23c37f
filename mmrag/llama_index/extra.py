"""Whether LlamaIndex is installed."""

from __future__ import annotations

from importlib.util import find_spec

from mmrag.errors import MissingExtraError


def require(what: str) -> None:
    """Refuse in one line what can't be done without the extra.

    Args:
        what: what is asked for, for the message.

    Raises:
        MissingExtraError: if ``llama-index-core`` is not installed.
    """
    # The name `llama_index` alone says little: it is a namespace that other packages share.
    if find_spec("llama_index") is None or find_spec("llama_index.core") is None:
        raise MissingExtraError(what, "llama-index-core", "llama-index")
