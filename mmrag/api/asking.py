"""Who answers the questions to an index, from what, and for how much."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mmrag.api.generating import Generators
from mmrag.config import AnswerOptions
from mmrag.encoders.base import Encoder
from mmrag.errors import IngestError, UsageError
from mmrag.generators import LanguageModel
from mmrag.generators.base import Generator
from mmrag.synthesize import AnswerStream, Spending, answer
from mmrag.synthesize.prompting import Turn
from mmrag.synthesize.stream import Writing
from mmrag.synthesize.writing import Writer
from mmrag.types import Document, Element, Hit, Kind, Line

if TYPE_CHECKING:
    from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class Pages:
    """What an index tells about the pages that were found (see `mmrag.synthesize.context.Pages`).

    Attributes:
        elements: of a page, in reading order.
        asset: a picture by its id.
        page: the picture of a page.
    """

    elements: Callable[[Document, int], Sequence[Element]]
    asset: Callable[[str], Image]
    page: Callable[[Document, int], Image]

    def picture(self, hit: Hit, element: Element) -> Image | None:
        """Of a figure or a table; the whole page where its text was read from pixels; none of other text.

        Nor is there one where the file of a scan is gone, has changed or is locked.
        """
        if element.picture is not None:
            return self.asset(element.picture)
        if element.kind is not Kind.PAGE and not element.metadata.get("ocr"):
            return None
        try:
            return self.page(hit.document, hit.page.number)
        except (UsageError, IngestError):
            return None


class Answers:
    """Answers questions from hits, by the generator of the recipe or another one.

    Args:
        options: of the recipe.
        generators: that may be asked.
        encoders: text encoders at hand, best first.
        pages: what the index tells.
        lines_of: the lines of a page.
    """

    def __init__(
        self,
        options: AnswerOptions,
        generators: Generators,
        encoders: Sequence[Encoder],
        pages: Pages,
        lines_of: Callable[[Document, int], Sequence[Line]],
    ) -> None:
        self._options, self._generators, self._encoders = options, generators, encoders
        self._pages, self._lines_of = pages, lines_of

    def generator(self, spec: str | None) -> Generator | LanguageModel:
        """The one of that name, or the recipe's."""
        return self._generators[spec or self._options.generator]

    def spending(self, max_tokens: int | None, max_cost: float | None) -> Spending:
        """Limits for one question or one conversation.

        Raises:
            UsageError: if a limit is not positive, or there are no prices to hold a cost against.
        """
        prices = self._options.price_in, self._options.price_out
        if max_tokens is not None and max_tokens < 1:
            raise UsageError(f"max_tokens wants a number from 1, found {max_tokens}")
        if max_cost is not None and not (max_cost > 0 and any(prices)):
            raise UsageError(
                f"a limit of cost wants a number above 0 and prices in the recipe (answer.price_in, "
                f"answer.price_out), found {max_cost} and {prices[0]:g}, {prices[1]:g}"
            )
        return Spending(max_tokens, max_cost, *prices)

    def stream(
        self,
        question: str,
        find: Callable[[], list[Hit]],
        generator: str | None,
        spending: Spending,
        history: Sequence[Turn] = (),
    ) -> AnswerStream:
        """The answer to ``question`` from what ``find`` finds, which is called at once.

        Raises:
            See `mmrag.api.Index.stream`.
        """
        made = self.generator(generator)
        begin = time.perf_counter()
        hits = find()
        retrieved = {"retrieve": round(time.perf_counter() - begin, 4)}
        if isinstance(made, LanguageModel):
            writer = Writer(made, self._pages, self._options, self._encoders, self._lines_of)
            writing = writer.write(question, hits, spending, history)
        else:
            writing = self._quoting(question, hits, made)
        return AnswerStream(_timed(writing, retrieved))

    def _quoting(self, question: str, hits: Sequence[Hit], generator: Generator) -> Writing:
        said = answer(question, hits, generator, self._lines_of)
        yield said.text
        return said


def _timed(writing: Writing, before: dict[str, float]) -> Writing:
    """The same, with what took time before."""
    said = yield from writing
    return replace(said, seconds={**before, **said.seconds})
