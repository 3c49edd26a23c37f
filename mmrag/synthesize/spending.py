"""How much a question, or a conversation, may spend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from mmrag.errors import BudgetError
from mmrag.generators.estimating import text_tokens
from mmrag.generators.language_model import Piece
from mmrag.types import Usage


@dataclass(slots=True)
class Spending:
    """Limits of what language models may be asked for, and what they have been.

    Attributes:
        max_tokens: of prompts and answers together; ``None`` for no limit.
        max_cost: in the unit of the prices; ``None`` for no limit.
        price_in, price_out: of a million tokens.
        used: so far.
    """

    max_tokens: int | None = None
    max_cost: float | None = None
    price_in: float = 0.0
    price_out: float = 0.0
    used: Usage = field(default_factory=Usage)

    @property
    def cost(self) -> float:
        """Of what was used so far."""
        return self.used.cost(self.price_in, self.price_out)

    def room(self, tokens_in: int, wanted: int) -> int:
        """How long, in tokens, the answer to a prompt of ``tokens_in`` may be; at most ``wanted``.

        Raises:
            BudgetError: if the limits leave no room for an answer.
        """
        room = wanted
        if self.max_tokens is not None:
            spent = self.used.tokens_in + self.used.tokens_out
            room = min(room, self.max_tokens - spent - tokens_in)
            if room < 1:
                raise BudgetError(
                    f"the model was not asked: {spent:,} tokens are spent and the prompt has {tokens_in:,}, "
                    f"of {self.max_tokens:,} allowed: give it fewer pages, or allow more"
                )
        if self.max_cost is not None:
            left = self.max_cost - self.cost - Usage(tokens_in).cost(self.price_in, self.price_out)
            if self.price_out:
                room = min(room, int(left * 1_000_000 / self.price_out))
            if left < 0 or room < 1:
                raise BudgetError(
                    f"the model was not asked: {self.cost:.4g} is spent and the prompt alone costs "
                    f"{self.max_cost - self.cost - left:.4g}, of {self.max_cost:.4g} allowed: give it fewer "
                    "pages, or allow more"
                )
        return room

    def metered(self, said: Iterable[Piece], prompt: Usage) -> Iterator[Piece]:
        """The pieces of an answer; what it took is added to ``used``.

        Where it breaks off or is stopped, and so is not counted by the model, an estimate is added.

        Args:
            said: by the model.
            prompt: what is known of it beforehand.
        """
        text, counted = "", False
        try:
            for piece in said:
                text += piece.text
                if piece.usage is not None:
                    self.used += piece.usage
                    counted = True
                yield piece
        finally:
            if text and not counted:
                self.used += prompt + Usage(tokens_out=text_tokens(text))
