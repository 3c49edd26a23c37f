"""Language models whose answers are known beforehand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PIL import Image

from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.types import Document, Element, Hit, Usage


class Says(LanguageModel):
    """Says what it is told to, one after the other, in pieces of three characters.

    A word is a token, and so are 100 pixels of a picture's width.

    Attributes:
        asked: the prompts so far. rooms: the longest answers that they allowed. closed: streams that ended.
    """

    spec = "tests:Says"

    def __init__(self, *answers: str, tokens: int = 10_000, pictures: int = 4) -> None:
        self._answers = list(answers)
        self._limits = Limits(tokens, pictures, 200)
        self.asked: list[tuple[Message, ...]] = []
        self.rooms: list[int] = []
        self.closed = 0

    @property
    def limits(self) -> Limits:
        return self._limits

    def count(self, messages: Sequence[Message]) -> int:
        parts = [part for message in messages for part in message.parts]
        return sum(len(part.split()) if isinstance(part, str) else part.width // 100 for part in parts)

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        self.asked.append(tuple(messages))
        self.rooms.append(max_tokens)
        words = self._answers.pop(0).split(" ")
        said = " ".join(words[:max_tokens])
        try:
            for start in range(0, len(said), 3):
                yield Piece(said[start : start + 3])
            usage = Usage(self.count(messages), min(len(words), max_tokens), 1)
            yield Piece(usage=usage, cut=len(words) > max_tokens)
        finally:
            self.closed += 1

    def text(self, at: int = -1) -> str:
        """All the text of a prompt."""
        return "\n".join(
            part for message in self.asked[at] for part in message.parts if isinstance(part, str)
        )


class OnlyHits:
    """Pages of which nothing is known but what the hits hold; figures and tables have red pictures."""

    def elements(self, document: Document, page: int) -> Sequence[Element]:
        return []

    def picture(self, hit: Hit, element: Element) -> Image.Image | None:
        return Image.new("RGB", (200, 100), "red") if element.picture else None
