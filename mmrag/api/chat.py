"""A conversation over an index: each question is made to stand alone before it is searched for."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from mmrag.errors import UsageError
from mmrag.generators import LanguageModel
from mmrag.synthesize import AnswerStream, leans_on
from mmrag.synthesize.prompting import Turn
from mmrag.synthesize.rewriting import standing_alone
from mmrag.synthesize.stream import Writing
from mmrag.types import Answer, Filters, Usage

if TYPE_CHECKING:
    from mmrag.api.searching import Searching


class Chat:
    """Questions and answers that lean on one another. Made by `Index.chat`.

    A language model rewrites a follow-up question so that it stands alone. Without one, or where it writes
    none, a question that leans on what was said before (see `mmrag.synthesize.following`) is searched for
    together with the question that it leans on. ``Answer.asked`` tells what was searched for; the answer's
    tokens, cost and seconds are those of the rewriting too.

    Attributes:
        history: the last exchanges, oldest first, with the questions as they were searched for.
    """

    def __init__(
        self,
        index: Searching,
        *,
        top_k: int | None,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        generator: str | None,
        max_tokens: int | None,
        max_cost: float | None,
        turns: int,
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
        before, begin = self._spending.used, time.perf_counter()
        history = tuple(self.history)
        asked = self._standing_alone(question, history) if history else question
        rewriting = round(time.perf_counter() - begin, 4)
        stream = self._index._stream(
            asked, self._top_k, self._filters, self._strategies, self._generator, self._spending, history
        )
        seconds = {"rewrite": rewriting} if self._spending.used != before else {}
        return AnswerStream(self._remembering(question, asked, stream, before, seconds))

    def _standing_alone(self, question: str, history: Sequence[Turn]) -> str:
        model = self._index._answers.generator(self._generator)
        if isinstance(model, LanguageModel):
            rewritten = standing_alone(question, history, model, self._spending)
            if rewritten:
                return rewritten
        return f"{history[-1].question} {question}" if leans_on(question) else question

    def _remembering(
        self, question: str, asked: str, stream: AnswerStream, before: Usage, seconds: dict[str, float]
    ) -> Writing:
        with stream:
            yield from stream
        used = self._spending.used - before
        said = replace(
            stream.answer,
            question=question,
            asked="" if asked == question else asked,
            seconds={**seconds, **stream.answer.seconds},
            tokens={"in": used.tokens_in, "out": used.tokens_out} if used != Usage() else {},
            cost=used.cost(self._spending.price_in, self._spending.price_out),
        )
        self.history.append(Turn(asked, said.text))
        return said
