"""An index as LlamaIndex's retriever."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.schema import NodeWithScore, QueryBundle

from mmrag.errors import UsageError
from mmrag.llama_index.lane import Lane, Searchable
from mmrag.llama_index.nodes import nodes_of
from mmrag.types import Filters, Query


class IndexRetriever(BaseRetriever):
    """Gives the best elements of the best pages, text and pictures; see `mmrag.api.Index.as_retriever`.

    May be called from any thread and from an event loop. It serves as long as the index is open.

    Args:
        index, reopen: see `mmrag.llama_index.lane.Lane`.
        top_k: pages.
        filters, strategies: as of a search.
        elements: nodes of one page, at most.

    Raises:
        UsageError: if ``elements`` is not positive.
    """

    def __init__(
        self,
        index: Searchable,
        reopen: Callable[[], Searchable],
        top_k: int,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        elements: int,
    ) -> None:
        super().__init__()
        if elements < 1:
            raise UsageError(f"elements must be at least 1, found {elements}")
        self._lane = Lane(index, reopen)
        self._top_k, self._filters, self._strategies, self._elements = top_k, filters, strategies, elements

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return self._lane.call(self._search(query_bundle))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await self._lane.acall(self._search(query_bundle))

    def _search(self, bundle: QueryBundle) -> Callable[[Searchable], list[NodeWithScore]]:
        query = to_query(bundle)

        def search(index: Searchable) -> list[NodeWithScore]:
            hits = index.search(query, self._top_k, self._filters, self._strategies)
            return nodes_of(hits, index, self._elements)

        return search


def to_query(bundle: QueryBundle) -> Query:
    """The question of a bundle: its text, its picture, or both."""
    return Query(bundle.query_str or "", bundle.image_path)
