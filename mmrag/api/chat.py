"""A conversation over an index: each question is made to stand alone before it is searched for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mmrag.errors import UsageError
from mmrag.generators import LanguageModel
from mmrag.synthesize import AnswerStream, leans_on
from mmrag.synthesize.context import Turn
from mmrag.synthesize.rewriting import standing_alone
from mmrag.synthesize.stream import Writing
from mmrag.types import Answer, Filters

if TYPE_CHECKING:
    from mmrag.api.index import Index

TURNS = 6
"""Exchanges that a conversation remembers."""

_LONGEST = 1500
"""Characters of an answer that are remembered."""


class Chat:
    """Questions and answers that lean on one another. Made by `Index.chat`.

    A language model rewrites a follow-up question so that it stands alone. Without one, a question that leans
    on what was said before (see `mmrag.synthesize.following`) is searched for together with the question that
    it leans on. ``Answer.asked`` tells what was searched for.

    Attributes:
        history: the last exchanges, oldest first, with the questions as they were searched for.
    """

    def __init__(
        self,
        index: Index,
        *,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        turns: int = TURNS,
    ) -> None:
        if turns < 1:
            raise UsageError(f"turns wants a number from 1, found {turns}")
        self.history: deque[Turn] = deque(maxlen=turns)
        self._index, self._generator = index, generator
        self._top_k, self._filters, self._strategies = top_k, filters, strategies
        self._spending = index._answers.spending(max_tokens, max_cost)

    @property
    def cost(self) -> float:
        """Of the conversation so far, in the unit of the recipe's prices."""
        return self._spending.cost

    @property
    def tokens(self) -> dict[str, int]:
        """Of the conversation so far, by direction (``in``, ``out``)."""
        return {"in": self._spending.used.tokens_in, "out": self._spending.used.tokens_out}

    def ask(self, question: str) -> Answer:
        """The answer to the next question.

        Raises:
            As `Index.ask`; nothing is remembered then.
        """
        return self.stream(question).answer

    def stream(self, question: str) -> AnswerStream:
        """The answer to the next question, as it is written; remembered once it is whole."""
        model = self._index._answers.generator(self._generator)
        history = tuple(self.history)
        if not history:
            asked = question
        elif isinstance(model, LanguageModel):
            asked = standing_alone(question, history, model, self._spending)
        else:
            asked = f"{history[-1].question} {question}" if leans_on(question) else question
        stream = self._index._stream(
            asked, self._top_k, self._filters, self._strategies, self._generator, self._spending, history
        )
        return AnswerStream(self._remembering(question, asked, stream))

    def _remembering(self, question: str, asked: str, stream: AnswerStream) -> Writing:
        with stream:
            yield from stream
        said = replace(stream.answer, question=question, asked="" if asked == question else asked)
        self.history.append(Turn(asked, said.text[:_LONGEST]))
        return said
