"""An index as LlamaIndex's query engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import Response
from llama_index.core.llms.llm import LLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import QueryBundle

from mmrag.errors import UsageError
from mmrag.llama_index.lane import Lane, Searchable
from mmrag.llama_index.nodes import citations_of
from mmrag.llama_index.retriever import IndexRetriever, to_query
from mmrag.types import Filters, to_dict


class AnswerEngine(BaseQueryEngine):
    """Answers as the index itself does, with checked citations; see `mmrag.api.Index.as_query_engine`.

    The response's ``source_nodes`` are the citations, in the order of their numbers; its ``metadata`` says
    what else is known of the answer: ``refused``, ``confidence``, ``flags``, ``generator``, ``tokens``, …

    Args:
        index, reopen: see `mmrag.llama_index.lane.Lane`.
        top_k, filters, strategies: as of `mmrag.api.Index.ask`.
    """

    def __init__(
        self,
        index: Searchable,
        reopen: Callable[[], Searchable],
        top_k: int | None,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
    ) -> None:
        super().__init__(callback_manager=None)
        self._lane = Lane(index, reopen)
        self._top_k, self._filters, self._strategies = top_k, filters, strategies

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        return self._lane.call(self._ask(query_bundle))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await self._lane.acall(self._ask(query_bundle))

    def _ask(self, bundle: QueryBundle) -> Callable[[Searchable], Response]:
        query = to_query(bundle)

        def ask(index: Searchable) -> Response:
            answer = index.ask(query, self._top_k, self._filters, self._strategies)
            told = to_dict(answer)
            for given in ("text", "citations", "hits"):
                del told[given]
            return Response(answer.text, citations_of(answer, index), told)

        return ask


def over(retriever: IndexRetriever, llm: LLM) -> RetrieverQueryEngine:
    """LlamaIndex's own engine: a chat LLM answers from the texts and pictures that were retrieved.

    Raises:
        UsageError: if it is no chat LLM.
    """
    if not llm.metadata.is_chat_model:
        raise UsageError(
            f"as_query_engine wants a chat LLM, which can be shown pictures; {type(llm).__name__} says that "
            "it is none (metadata.is_chat_model)"
        )
    return RetrieverQueryEngine.from_args(retriever, llm=llm, multimodal=True)
