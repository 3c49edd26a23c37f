"""Questions that a language model writes from sampled elements (``--generate N``), filtered by round trip."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path
from string import Template

from PIL import Image

from mmrag.api import Index
from mmrag.benchmark.datasets.checking import Draft, agree, fault_of, read_draft
from mmrag.benchmark.datasets.wording import language_of, letters
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import BudgetError, ModelError, UsageError
from mmrag.generators import LanguageModel, Message, load_generator
from mmrag.index.reader import Reader
from mmrag.pictures import framed
from mmrag.synthesize.cleaning import cleaned
from mmrag.text.terms import terms
from mmrag.types import Document, Element, Kind, Usage

OnUsage = Callable[[Usage], None]
"""Called with what each answer of the model took; may raise to stop."""

KINDS = (Kind.FIGURE, Kind.TABLE, Kind.TEXT)
_FEWEST_TERMS = {Kind.TEXT: 40, Kind.TABLE: 12}
_SMALLEST = 0.01  # share of the page: smaller pictures are icons
_TRIES = 4  # drafts for each question that is wanted
_FAILURES = 3  # answers in a row that a model may fail to give
_ANSWER_TOKENS = 400
_EXCERPT, _PAGE = 4_000, 12_000  # characters
_SHORTEST = 200
_PROMPTS = Path(__file__).parent / "prompts"


@dataclass(frozen=True, slots=True)
class _Source:
    """An element to ask about, and the page that it stands on."""

    document: Document
    element: Element
    page: tuple[Element, ...]


def generated(
    index: Index,
    generator: str | LanguageModel,
    count: int,
    seed: int = 0,
    on_usage: OnUsage | None = None,
) -> Dataset:
    """Questions about an index, as many about figures as about tables and text, spread over its documents.

    The model sees a sampled element and writes a question with a short answer. It is kept if it does not
    point at what the asker can't see ("this figure") and does not hold its answer, and if the model, asked
    anew with the element's whole page, gives the same answer. Whether a search finds the page plays no part:
    that is what the questions are to measure. No view is needed.

    Args:
        index: of the documents.
        generator: a language model, or the spec of one. It should see pictures; if it does not, nothing is
            asked about figures.
        count: questions that are wanted; there are fewer if too few drafts hold.
        seed: of the sample.
        on_usage: see `OnUsage`.

    Raises:
        UsageError: if ``generator`` is no language model, or no draft held.
        ModelError: if the model can't answer.
    """
    model = _language_model(generator)
    if count < 1:
        raise UsageError(f"--generate wants a positive number of questions, found {count}")
    with closing(Reader(index.path)) as reader:
        writer = _Writer(model, reader, on_usage)
        for source in _sample(reader, model.limits.pictures > 0, seed, _TRIES * count):
            writer.draft(source)
            if len(writer.questions) == count:
                break
    if not writer.questions:
        raise UsageError(
            f"none of {writer.drafts} drafts of {model.spec} held: {_reasons(writer.rejected)}; "
            "take a larger model with --generator"
        )
    return Dataset(
        f"{index.path.name} (questions by {model.spec})",
        index.root,
        tuple(writer.questions),
        f"The questions were written by {model.spec} from sampled figures, tables and paragraphs (seed "
        f"{seed}); {len(writer.questions)} of {writer.drafts} drafts held by a round trip. They ask what a "
        "model finds worth asking, in words near to the page's, and other pages that answer them count as "
        "wrong. Read them, and edit or remove what nobody would ask.",
    )


class _Writer:
    """Writes questions, and keeps those that hold."""

    def __init__(self, model: LanguageModel, reader: Reader, on_usage: OnUsage | None) -> None:
        self.questions: list[Question] = []
        self.rejected: Counter[str] = Counter()
        self.drafts = 0
        self._model, self._reader, self._on_usage = model, reader, on_usage
        self._failures = 0

    def draft(self, source: _Source) -> None:
        """One more draft."""
        self.drafts += 1
        try:
            fault, draft = self._tried(source)
        except BudgetError:
            raise  # a limit, no failure that another draft may be spared
        except ModelError:
            self._failures += 1
            if self._failures == _FAILURES:
                raise
            self.rejected["the model failed"] += 1
            return
        self._failures = 0
        if draft is None or fault:
            self.rejected[fault] += 1
            return
        self.questions.append(_question(source, draft, len(self.questions) + 1))

    def _tried(self, source: _Source) -> tuple[str, Draft | None]:
        """A draft, and what is wrong with it."""
        picture = self._picture(source.element)
        draft = read_draft(self._ask("asking", picture, _EXCERPT, excerpt=_said(source.element)))
        if draft is None:
            return "no question in the answer", None
        fault = fault_of(draft)
        if letters(draft.question) in {letters(one.text) for one in self.questions}:
            fault = "asked before"
        if not fault:
            page = "\n".join(map(_said, source.page))
            answer = self._ask("answering", picture, _PAGE, page=page, question=draft.question)
            fault = "" if agree(answer, draft.answer) else "answered otherwise the second time"
        return fault, draft

    def _picture(self, element: Element) -> Image.Image | None:
        limits = self._model.limits
        if element.kind not in (Kind.FIGURE, Kind.TABLE) or element.picture is None or not limits.pictures:
            return None
        with Image.open(self._reader.asset(element.picture)) as picture:
            return framed(picture.convert("RGB"), limits.side)

    def _ask(self, prompt: str, picture: Image.Image | None, most: int, **fields: str) -> str:
        """What the model says; the first field is shortened until there is room."""
        template = Template((_PROMPTS / f"{prompt}.txt").read_text(encoding="utf-8"))
        data, *_ = fields
        clean = {name: cleaned(text, self._model.control_tokens) for name, text in fields.items()}
        while True:
            clean[data] = clean[data][:most]
            shown = () if picture is None else (picture,)
            messages = (Message("user", (*shown, template.substitute(clean))),)
            room = self._model.limits.tokens - _ANSWER_TOKENS
            if most <= _SHORTEST or self._model.count(messages) <= room:
                break
            most = min(most, len(clean[data])) // 2
        said = []
        for piece in self._model.stream(messages, _ANSWER_TOKENS):
            said.append(piece.text)
            if piece.usage is not None and self._on_usage is not None:
                self._on_usage(piece.usage)
        return "".join(said).strip()


def _language_model(generator: str | LanguageModel) -> LanguageModel:
    model = load_generator(generator) if isinstance(generator, str) else generator
    if not isinstance(model, LanguageModel):
        raise UsageError(
            f"{generator} writes no questions: name a language model with --generator, such as "
            "openai:gpt-5-mini, or have questions made of captions and headings with --self"
        )
    return model


def _sample(reader: Reader, sees: bool, seed: int, most: int) -> Iterator[_Source]:
    """Elements in turn: a figure, a table, a text; of each kind one of every document before a second."""
    chance = random.Random(seed)  # noqa: S311 - a sample, no secret
    found: dict[Kind, list[list[_Source]]] = {kind: [] for kind in KINDS if sees or kind is not Kind.FIGURE}
    for row, document in reader.documents().items():
        sources = list(_sources(reader, row, document))
        for kind, documents in found.items():
            ours = [source for source in sources if source.element.kind is kind]
            chance.shuffle(ours)
            documents.append(ours)
    turns = []
    for documents in found.values():
        chance.shuffle(documents)
        turns.append(list(_in_turn(documents)))
    for number, source in enumerate(_in_turn(turns)):
        if number == most:
            return
        yield source


def _in_turn(lists: Sequence[Sequence[_Source]]) -> Iterator[_Source]:
    return (source for source in chain.from_iterable(zip_longest(*lists)) if source is not None)


def _sources(reader: Reader, row: int, document: Document) -> Iterator[_Source]:
    for _, page, _ in reader.document_pages(row):
        elements = tuple(reader.page_elements(document.path, page.number))
        for element in elements:
            if _is_worth_asking(element):
                yield _Source(document, element, elements)


def _is_worth_asking(element: Element) -> bool:
    if element.kind is Kind.FIGURE:
        large = element.bbox is None or element.bbox.area >= _SMALLEST
        return element.picture is not None and large
    return element.kind in _FEWEST_TERMS and len(terms(element.text)) >= _FEWEST_TERMS[element.kind]


def _said(element: Element) -> str:
    """What an element says, with its section: a reader of the page knows where he is."""
    section = " > ".join(element.section[-2:])
    return "\n".join(part for part in (section and f"[{section}]", element.caption, element.text) if part)


def _question(source: _Source, draft: Draft, number: int) -> Question:
    element = source.element
    gold = Gold(source.document.path, element.page, boxes=(element.bbox,) if element.bbox else ())
    said = " ".join(other.text for other in source.page)
    language = language_of(draft.question, said)
    return Question(
        f"generated-{number:03}", draft.question, (gold,), language, element.kind.value, (draft.answer,)
    )


def _reasons(rejected: Counter[str]) -> str:
    return ", ".join(f"{reason} ({count})" for reason, count in rejected.most_common())
