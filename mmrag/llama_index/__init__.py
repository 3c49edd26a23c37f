"""LlamaIndex both ways: an index of ours as its retriever and query engine, its parts as parts of ours.

Nothing outside this package imports ``llama_index``, which comes with the extra ``llama-index``; this module
does so when it is first asked for something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mmrag.llama_index.extra import require

if TYPE_CHECKING:
    from mmrag.llama_index.lane import Searchable
    from mmrag.llama_index.retriever import IndexRetriever
    from mmrag.types import Filters

__all__ = ["as_query_engine", "as_retriever"]


def as_retriever(
    index: Searchable,
    reopen: Callable[[], Searchable],
    top_k: int,
    filters: Filters | None,
    strategies: str | Sequence[str] | None,
    elements: int,
) -> IndexRetriever:
    """A retriever over an index; see `mmrag.api.Index.as_retriever` and `mmrag.llama_index.lane.Lane`."""
    require("as_retriever")
    from mmrag.llama_index.retriever import IndexRetriever

    return IndexRetriever(index, reopen, top_k, filters, strategies, elements)


def as_query_engine(
    index: Searchable,
    reopen: Callable[[], Searchable],
    llm: Any,
    top_k: int,
    filters: Filters | None,
    strategies: str | Sequence[str] | None,
    elements: int,
) -> Any:
    """A query engine over an index; see `mmrag.api.Index.as_query_engine`."""
    require("as_query_engine")
    if llm is None:
        from mmrag.llama_index.engine import AnswerEngine

        return AnswerEngine(index, reopen, top_k, filters, strategies)
    from mmrag.llama_index.engine import over

    return over(as_retriever(index, reopen, top_k, filters, strategies, elements), llm)
