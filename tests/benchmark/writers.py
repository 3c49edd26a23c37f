"""A language model that writes a question about every excerpt, and knows the answer again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar
from zlib import crc32

from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.types import Usage


class Writer(LanguageModel):
    """Asks for the number of an excerpt, which is made of its letters.

    Attributes:
        asked: all prompts of all such models. checked: one for each look whether the model is there.
        before: called with the number of each prompt, from 1; may raise.
    """

    spec = "tests.benchmark.writers:Writer"
    asked: ClassVar[list[str]] = []
    checked: ClassVar[list[str]] = []
    before: ClassVar[Callable[[int], None]] = lambda number: None

    limits = Limits(10_000, 4, 200)

    @classmethod
    def reset(cls, before: Callable[[int], None] = lambda number: None) -> None:
        """Forget what was asked."""
        cls.asked.clear()
        cls.checked.clear()
        cls.before = staticmethod(before)

    def check(self) -> None:
        self.checked.append(self.spec)

    def count(self, messages: Sequence[Message]) -> int:
        return 100

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        (message,) = messages
        text = "".join(part for part in message.parts if isinstance(part, str))
        self.asked.append(text)
        type(self).before(len(self.asked))
        yield Piece(self.said(text))
        yield Piece(usage=Usage(100, 10))

    def said(self, prompt: str) -> str:
        """A draft, or the answer to the question of one."""
        excerpt = re.search(r"=== EXCERPT =====\n(.*)\n=====", prompt, re.DOTALL)
        if excerpt is None:
            return f"It is {_number(prompt.rpartition('Question: ')[2])}."
        number = crc32(excerpt[1].encode()) % 100_000
        return json.dumps(
            {"question": f"Which weight has the mill no. {number}?", "answer": f"{number + 7} kg"}
        )


class Refuser(Writer):
    """Refuses."""

    spec = "tests.benchmark.writers:Refuser"

    def said(self, prompt: str) -> str:
        return "I am sorry, but I can't help with that."


def _number(question: str) -> str:
    found = re.search(r"no\. (\d+)", question)
    assert found
    return f"{int(found[1]) + 7} kg"
