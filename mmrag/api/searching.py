"""Searching an index, and asking it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from mmrag.api.looking import Looking
from mmrag.errors import UsageError
from mmrag.types import Answer, Document, Filters, Hit, Line, Query

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mmrag.api.asking import Answers
    from mmrag.api.chat import Chat
    from mmrag.api.generating import Generators
    from mmrag.encoders.base import Encoder
    from mmrag.synthesize import AnswerStream, Spending
    from mmrag.synthesize.prompting import Turn

ELEMENTS_A_HIT = 3
"""How many of a page's best elements come with a hit, for a reader."""

ELEMENTS_AN_ANSWER = 5
"""How many of them a generator is given."""


class Searching(Looking):
    """Part of `mmrag.Index`: which pages are best for a question, and what they answer."""

    def search(
        self,
        query: str | Query,
        top_k: int = 10,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
    ) -> list[Hit]:
        """The best pages for a question, best first.

        Args:
            query: text, or a `Query`, which may have a picture.
            top_k: at most so many pages.
            filters: which elements may be returned; instead of those of the query.
            strategies: the views to ask, fused by page: one name or several; by default all that it has.

        Raises:
            UsageError: if the question is empty, ``top_k`` is not positive, or the index lacks a view.
            FingerprintError: if the models at hand are not the ones that made the vectors.
        """
        return self._search(query, top_k, filters, strategies, ELEMENTS_A_HIT)

    def ask(
        self,
        question: str | Query,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
    ) -> Answer:
        """An answer with citations, from the best pages for the question.

        Args:
            question: as in `search`.
            top_k: the number of pages given to the generator, the recipe's if ``None``.
            filters, strategies: as in `search`.
            generator: spec of what answers, e.g. ``openai:qwen3-vl:8b@http://localhost:11434/v1``; the
                recipe's if ``None``.
            max_tokens: limit of prompt and answer together; the answer is cut where it is reached.
            max_cost: limit in the unit of the recipe's prices, likewise.

        Raises:
            As `search`; ModelError if the generator fails; BudgetError, before a model is asked, where the
            limits leave no room for an answer.
        """
        return self.stream(
            question,
            top_k,
            filters,
            strategies,
            generator=generator,
            max_tokens=max_tokens,
            max_cost=max_cost,
        ).answer

    def stream(
        self,
        question: str | Query,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
    ) -> AnswerStream:
        """As `ask`, but the text comes as it is written: iterate over what is returned.

        The pages are found before this returns; an error of the generator is raised by the iteration.
        """
        spending = self._answers.spending(max_tokens, max_cost)
        return self._stream(question, top_k, filters, strategies, generator, spending)

    def chat(
        self,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        turns: int = 6,
    ) -> Chat:
        """A conversation, in which a question may lean on those before it.

        Args:
            top_k, filters, strategies, generator: as in `ask`, for every question.
            max_tokens, max_cost: as in `ask`, of the whole conversation.
            turns: exchanges that are remembered.
        """
        from mmrag.api.chat import Chat

        return Chat(
            self,
            top_k=top_k,
            filters=filters,
            strategies=strategies,
            generator=generator,
            max_tokens=max_tokens,
            max_cost=max_cost,
            turns=turns,
        )

    def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Vectors of texts by the index's first encoder of texts, and how many tokens it read.

        Args:
            texts: any number; what is longer than the encoder reads is cut there.

        Returns:
            ``(len(texts), dim)`` float32, rows of unit length; and the number of tokens, with special ones.

        Raises:
            UsageError: if no view of the index embeds texts by themselves.
        """
        from mmrag.encoders.batching import encode_texts
        from mmrag.encoders.lists import texts_of

        if not self._text_encoders:
            raise UsageError(f"the index {self.path} has no view that embeds texts: lay joint or caption")
        encoder = texts_of(self._text_encoders[0])
        return encode_texts(encoder, texts), sum(encoder.count_tokens(texts))

    def _search(
        self,
        query: str | Query,
        top_k: int,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        elements: int,
    ) -> list[Hit]:
        if isinstance(query, str):
            query = Query(query)
        if not isinstance(query, Query) or not isinstance(top_k, int):
            raise UsageError(
                f"a search wants a text or a Query and a whole number of pages, found {query!r} and {top_k!r}"
            )
        if filters is not None:
            query = replace(query, filters=filters)
        for label in query.filters.labels:
            if "joint" not in self.recipe.strategies or label not in self.recipe.joint.labels:
                raise UsageError(
                    f"no picture of this index is labelled {label!r}: strategy joint labels them "
                    f"{', '.join(self.recipe.joint.labels)}"
                )
        if isinstance(strategies, str):
            strategies = self.recipe.strategies if strategies == "all" else (strategies,)
        if strategies is not None and not strategies:
            raise UsageError("strategies is empty: name one, or leave it out to ask all views")
        for name in strategies or ():
            if name not in self.recipe.strategies:
                raise UsageError(
                    f"the index {self.path} has no view {name!r}, only {', '.join(self.recipe.strategies)}: "
                    "lay it with mmrag index FOLDER --strategy NAME"
                )
        return self._retriever.search(query, top_k, strategies, elements)

    def _stream(
        self,
        question: str | Query,
        top_k: int | None,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        generator: str | None,
        spending: Spending,
        history: Sequence[Turn] = (),
    ) -> AnswerStream:
        if isinstance(question, Query) and question.picture is not None and not question.text.strip():
            raise UsageError("a question wants words, also beside a picture: search finds by a picture alone")
        pages = self.recipe.answer.top_k if top_k is None else top_k
        return self._answers.stream(
            question if isinstance(question, str) else question.text,
            lambda: self._search(question, pages, filters, strategies, ELEMENTS_AN_ANSWER),
            generator,
            spending,
            history,
        )

    @property
    def _text_encoders(self) -> list[Encoder]:
        """Best first."""
        from mmrag.encoders.lists import ChunkList

        return [made.encoder for made in self._lists if isinstance(made, ChunkList)]

    @cached_property
    def _generators(self) -> Generators:
        from mmrag.api.generating import Generators

        return Generators(self._text_encoders)

    @cached_property
    def _answers(self) -> Answers:
        from mmrag.api.asking import Answers, Pages

        pages = Pages(self.elements, self._asset, self.page_picture)
        return Answers(self.recipe.answer, self._generators, self._text_encoders, pages, self._lines_of)

    def _lines_of(self, document: Document, page: int) -> Sequence[Line]:
        return self._reader.lines(document.path, page)
