"""The prompt put together: pieces of the found pages and their pictures, as many as a model takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PIL.Image import Image

from mmrag.config import AnswerOptions
from mmrag.errors import ModelError
from mmrag.generators.language_model import LanguageModel, Message
from mmrag.synthesize.cleaning import quoted_lines
from mmrag.synthesize.context.candidates import Candidate
from mmrag.synthesize.context.fitting import Chosen, fit_texts
from mmrag.synthesize.context.gathering import Gathering, Pages
from mmrag.synthesize.context.showing import Showing, Shown
from mmrag.synthesize.prompting import Turn, around_sources, language_of, rules, turns_before, word
from mmrag.types import Element, Hit, LeftOut


@dataclass(frozen=True, slots=True)
class Item:
    """A numbered piece of the context.

    Attributes:
        number: the n of [n], from 1.
        hit: the page it stands on. Where the search did not find the page, because the piece only came along
            with a figure that it refers to, that figure's hit with the number of this page.
        element: which piece of the page; its box is that of a citation.
        text: all that the model reads of it, cleaned; its heading line and the quoting signs aside.
        picture: as the model sees it; ``None`` for none.
    """

    number: int
    hit: Hit
    element: Element
    text: str
    picture: Image | None


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked.

    Attributes:
        messages: rules, what was said before, and the question with its sources.
        items: the sources, numbered from 1 without holes.
        left_out: what found no room, best first.
        language: ISO 639-1 code of the question; empty where nothing tells.
        tokens: of the messages, as the model counts them.
    """

    messages: tuple[Message, ...]
    items: tuple[Item, ...]
    left_out: tuple[LeftOut, ...]
    language: str
    tokens: int

    @property
    def pictures(self) -> int:
        """How many it shows."""
        return sum(item.picture is not None for item in self.items)


def make_prompt(
    question: str,
    hits: Sequence[Hit],
    pages: Pages,
    model: LanguageModel,
    options: AnswerOptions,
    history: Sequence[Turn] = (),
) -> Prompt:
    """The prompt for a question: as much of the found pages as the model and the recipe allow.

    It has at most ``options.context_tokens`` tokens, and leaves ``options.max_tokens`` of the model's own
    limit for the answer. Pictures come first, best first, in up to half the room; then text; then further
    pictures. See docs/answers.md.

    Args:
        question: standing alone.
        hits: pages, best first.
        pages: what the index tells beside them.
        model: whom the prompt is for.
        options: of the recipe.
        history: of the conversation, oldest first; the latest turns are shown as far as they fit.

    Raises:
        ModelError: if not even the rules and the question fit, or the model can't be loaded.
    """
    return _Making(question, pages, model, options, history).prompt(hits)


class _Making:
    """One prompt in the making."""

    def __init__(
        self,
        question: str,
        pages: Pages,
        model: LanguageModel,
        options: AnswerOptions,
        history: Sequence[Turn],
    ) -> None:
        self._model, self._options, self._pages = model, options, pages
        self._language = language_of(question, history)
        special = model.control_tokens
        self._gathering = Gathering(question, pages, self._language, special)
        self._rules = Message("system", (rules(self._language),))
        self._turns = turns_before(history, special)
        self._before, self._after = around_sources(question, self._language, special)
        self._names: dict[str, str] = {}
        self._room = min(model.limits.tokens - options.max_tokens, options.context_tokens)
        self._most_pictures = min(model.limits.pictures, options.max_pictures)

    def prompt(self, hits: Sequence[Hit]) -> Prompt:
        candidates = self._gathering.candidates(hits)
        self._names = self._gathering.names(candidates)
        base = self._make_room()
        showing = Showing(self._pages, self._model.limits.side, lambda picture: self._cost(picture, base))
        first, later = self._pictures(candidates, showing, base)
        spent = sum(shown.cost for shown in first)
        texts = [one for one in candidates if one.speaks]
        kept = frozenset(shown.candidate.element.id for shown in first)
        chosen = fit_texts(texts, kept, self._count, self._room - spent)
        chosen, tokens = self._with_pictures(chosen, first, later)
        chosen.sort(key=lambda one: one.candidate.place)
        return Prompt(
            messages=self._messages(chosen),
            items=tuple(
                Item(number, one.candidate.hit, one.candidate.element, one.text, one.picture)
                for number, one in enumerate(chosen, start=1)
            ),
            left_out=tuple(self._left_out(candidates, chosen, showing)),
            language=self._language,
            tokens=tokens,
        )

    def _make_room(self) -> int:
        """Tokens of the prompt without sources; what was said long ago goes where it would take half."""
        base = self._count([])
        while self._turns and base > self._room // 2:
            del self._turns[:2]
            base = self._count([])
        if base > self._room:
            raise ModelError(
                f"{self._model.spec} has room for {max(self._room, 0):,} tokens beside an answer of "
                f"{self._options.max_tokens:,}, and the rules and the question alone take {base:,}: lower "
                "answer.max_tokens, raise answer.context_tokens, or ask for less at once"
            )
        return base

    def _pictures(
        self, candidates: Sequence[Candidate], showing: Showing, base: int
    ) -> tuple[list[Shown], list[Shown]]:
        """The pictures that fit into half the room, and those that may fit when the text is in."""
        half = (self._room - base) // 2
        first: list[Shown] = []
        later: list[Shown] = []
        if self._most_pictures < 1:
            return first, later
        for shown in showing.pictures(candidates):
            fits = shown.cost <= half
            (first if fits else later).append(shown)
            half -= shown.cost if fits else 0
            if len(first) == self._most_pictures or len(first) + len(later) == 2 * self._most_pictures:
                break
        return first, later

    def _with_pictures(
        self, texts: list[Chosen], first: Sequence[Shown], later: Sequence[Shown]
    ) -> tuple[list[Chosen], int]:
        """The texts with as many of the pictures as fit, and the tokens of all."""
        chosen = texts
        for shown in first:
            chosen = _with(chosen, shown)
        tokens = self._count(chosen)
        for shown in reversed(first):  # where the costs were estimates
            if tokens <= self._room:
                break
            chosen = _without(chosen, shown)
            tokens = self._count(chosen)
        for shown in later:
            fits = tokens + shown.cost <= self._room
            if fits and sum(one.picture is not None for one in chosen) < self._most_pictures:
                more = _with(chosen, shown)
                counted = self._count(more)
                if counted <= self._room:
                    chosen, tokens = more, counted
        return chosen, tokens

    def _cost(self, picture: Image, base: int) -> int:
        asked = Message("user", (self._before, picture, self._after))
        return self._model.count((self._rules, *self._turns, asked)) - base

    def _count(self, chosen: Sequence[Chosen]) -> int:
        return self._model.count(self._messages(sorted(chosen, key=lambda one: one.candidate.place)))

    def _messages(self, chosen: Sequence[Chosen]) -> tuple[Message, ...]:
        parts: list[str | Image] = []
        text = self._before
        for number, one in enumerate(chosen, start=1):
            text += f"{self._gathering.heading(one.candidate, number, self._names)}\n"
            text += f"{quoted_lines(one.text)}\n" if one.text else ""
            if one.picture is not None:
                parts += [f"{text}{word('picture', self._language, number=number)}\n", one.picture]
                text = "\n"
        return (self._rules, *self._turns, Message("user", (*parts, text + self._after)))

    def _left_out(
        self, candidates: Sequence[Candidate], chosen: Sequence[Chosen], showing: Showing
    ) -> list[LeftOut]:
        found = {one.candidate.element.id: one for one in chosen}
        shown = {one.candidate.element.picture for one in chosen if one.picture is not None}
        full = f"no room for it in {self._room:,} tokens"
        left: list[LeftOut] = []
        for one in candidates:
            element = one.element
            place = (one.hit.document.path, element.page, element.id)
            if one.speaks and element.id not in found:
                left.append(LeftOut(*place, "all", full))
                continue
            if element.id in found and found[element.id].body != one.body.text:
                told = f"{len(found[element.id].body):,} of its {len(one.body.text):,} characters are shown"
                left.append(LeftOut(*place, "text", told))
            has_one = element.id in found and found[element.id].picture is not None
            if one.shows and not has_one and (element.picture is None or element.picture not in shown):
                left.append(LeftOut(*place, "picture", self._why(element, len(shown), showing, full)))
        return left

    def _why(self, element: Element, shown: int, showing: Showing, full: str) -> str:
        if self._model.limits.pictures < 1:
            return "the model reads no pictures"
        if self._most_pictures < 1:
            return "answer.max_pictures is 0"
        if element.id in showing.missing:
            return showing.missing[element.id]
        return f"{shown} pictures are shown, and no more" if shown >= self._most_pictures else full


def _with(chosen: Sequence[Chosen], shown: Shown) -> list[Chosen]:
    """``chosen`` with a picture; as a piece of its own where the candidate has no words."""
    candidate, picture = shown.candidate, shown.picture
    if candidate.speaks:
        return [replace(one, picture=picture) if one.candidate is candidate else one for one in chosen]
    return [*chosen, Chosen(candidate, "", picture)]


def _without(chosen: Sequence[Chosen], shown: Shown) -> list[Chosen]:
    """``chosen`` without that picture."""
    new = [replace(one, picture=None) if one.candidate is shown.candidate else one for one in chosen]
    return [one for one in new if one.candidate.speaks or one.picture is not None]
