"""A language model answers from the pages found: asked only where they may hold the answer, checked after."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field

from mmrag.config import AnswerOptions
from mmrag.encoders.base import Encoder
from mmrag.errors import ModelError
from mmrag.generators.base import Evidence
from mmrag.generators.language_model import LanguageModel
from mmrag.generators.phrases import phrases
from mmrag.synthesize.checking import check, supporting_quote
from mmrag.synthesize.citing import LinesOf, citation
from mmrag.synthesize.claims import claims
from mmrag.synthesize.context import Pages, Prompt, make_prompt
from mmrag.synthesize.declining import Opening, says_only_unknown
from mmrag.synthesize.markers import Markers
from mmrag.synthesize.prompting import NO_ANSWER, Turn
from mmrag.synthesize.refusing import confidence
from mmrag.synthesize.spending import Spending
from mmrag.synthesize.stream import Writing
from mmrag.text.script import language
from mmrag.types import Answer, Citation, Document, Flag, FlagKind, Hit, Usage


@dataclass(frozen=True, slots=True)
class Writer:
    """Has a language model answer.

    Attributes:
        model: which.
        pages: what the index tells about the pages that were found.
        options: how much it is shown and may say.
        encoders: text encoders that compare question and pages, for the confidence.
        lines_of: see `mmrag.synthesize.citing.citation`.
    """

    model: LanguageModel
    pages: Pages
    options: AnswerOptions
    encoders: Sequence[Encoder]
    lines_of: LinesOf

    def write(
        self, question: str, hits: Sequence[Hit], spending: Spending, history: Sequence[Turn] = ()
    ) -> Writing:
        """The answer, as it is written.

        Where the pages hardly touch the question, the model is not asked, and the answer is a refusal. So it
        is where the model says, in the words that it was told or its own, that they do not hold the answer.

        Args:
            question: as asked, or made to stand alone.
            hits: pages, best first.
            spending: limits; what is used is added to it.
            history: what was said before in a conversation.

        Raises:
            BudgetError: if the limits leave no room; the model was not asked.
            ModelError: if the model fails or says nothing.
        """
        run = _Run(question, hits, confidence(question, hits, self.encoders))
        run.lap("judge")
        if not hits or run.confidence < self.options.refuse_below:
            return (yield from self._refuse(run, spending))
        prompt = make_prompt(question, hits, self.pages, self.model, self.options, history)
        run.prompt = prompt
        room = spending.room(prompt.tokens, self.options.max_tokens)
        run.lap("context")
        markers, opening = Markers(len(prompt.items)), Opening(NO_ANSWER)
        shown = ""
        with closing(self._said(prompt, room, run, spending)) as said:
            for ready in _through(markers, opening, said):
                shown += ready
                yield ready
        run.lap("generate")
        if opening.declined:
            return (yield from self._refuse(run, spending))
        if not shown.strip():
            raise ModelError(f"{self.model.spec} answered with nothing: ask again, or choose another model")
        return self._checked(shown, markers, prompt, run, spending)

    def _said(self, prompt: Prompt, room: int, run: _Run, spending: Spending) -> Generator[str, None, None]:
        """What the model says, as it says it."""
        beforehand = Usage(prompt.tokens, 0, prompt.pictures)
        for piece in spending.metered(self.model.stream(prompt.messages, room), beforehand):
            run.usage = piece.usage or run.usage
            if piece.cut:
                run.stopped = f"the answer ran into its limit of {room:,} tokens"
            yield piece.text

    def _refuse(self, run: _Run, spending: Spending) -> Writing:
        text = phrases(language(run.question)).nothing
        yield text
        return run.answer(self.model.spec, text, spending, refused=True)

    def _checked(self, text: str, markers: Markers, prompt: Prompt, run: _Run, spending: Spending) -> Answer:
        cited = [prompt.items[number - 1] for number in markers.order]
        citing = _first_citing(text, len(cited))
        citations = tuple(
            citation(
                number,
                Evidence(item.hit, item.element, supporting_quote(citing.get(number, ""), item.element)),
                self.lines_of,
            )
            for number, item in enumerate(cited, start=1)
        )
        invented = [Flag(FlagKind.NO_SOURCE, marker, at, at) for marker, at in markers.unknown]
        texts, names = [item.text for item in cited], [_names(item.hit.document) for item in cited]
        flags = [*invented, *check(text, texts, run.question, names)]
        run.lap("check")
        return run.answer(
            self.model.spec,
            text,
            spending,
            citations=citations,
            flags=tuple(sorted(flags, key=lambda flag: (flag.begin, flag.end))),
            refused=not cited and says_only_unknown(text),
        )


@dataclass(slots=True)
class _Run:
    """One question on its way to its answer."""

    question: str
    hits: Sequence[Hit]
    confidence: float
    prompt: Prompt | None = None
    usage: Usage = field(default_factory=Usage)
    stopped: str = ""
    seconds: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=time.perf_counter)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.seconds[stage] = round(now - self._since, 4)
        self._since = now

    def answer(
        self,
        generator: str,
        text: str,
        spending: Spending,
        *,
        citations: tuple[Citation, ...] = (),
        flags: tuple[Flag, ...] = (),
        refused: bool = False,
    ) -> Answer:
        asked = self.prompt is not None
        return Answer(
            question=self.question,
            text=text,
            citations=citations,
            hits=tuple(self.hits),
            refused=refused,
            confidence=self.confidence,
            generator=generator,
            seconds=self.seconds,
            tokens={"in": self.usage.tokens_in, "out": self.usage.tokens_out} if asked else {},
            pictures=self.prompt.pictures if self.prompt else 0,
            cost=self.usage.cost(spending.price_in, spending.price_out),
            flags=flags,
            left_out=self.prompt.left_out if self.prompt else (),
            stopped=self.stopped,
        )


def _through(markers: Markers, opening: Opening, pieces: Iterator[str]) -> Iterator[str]:
    """What of the pieces can be shown, as soon as it can."""
    for piece in pieces:
        if ready := markers.feed(opening.feed(piece)):
            yield ready
    if ready := markers.feed(opening.close()) + markers.close():
        yield ready


def _first_citing(text: str, known: int) -> dict[int, str]:
    """By the number of a source, what cites it first."""
    found: dict[int, str] = {}
    for claim in claims(text, known):
        for number in claim.cited:
            found.setdefault(number, text[claim.begin : claim.end])
    return found


def _names(document: Document) -> str:
    return f"{document.title}\n{document.path}"
