"""Questions that a language model writes from sampled elements (``--generate N``), filtered by round trip."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from string import Template

from PIL import Image

from mmrag.api import Index
from mmrag.benchmark.counting import counted
from mmrag.benchmark.datasets.checking import Draft, agree, fault_beside, fault_of, read_draft
from mmrag.benchmark.datasets.keeping import Keeper, question_id
from mmrag.benchmark.datasets.sampling import Source, sample
from mmrag.benchmark.datasets.wording import language_of
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.endpoint import EndpointError
from mmrag.errors import BudgetError, ModelError, UsageError
from mmrag.generators import LanguageModel, Message, load_generator
from mmrag.index.reader import Reader
from mmrag.pictures import FORMATS, framed
from mmrag.synthesize.cleaning import cleaned
from mmrag.types import Element, Kind, Usage

OnUsage = Callable[[Usage], None]
"""Called with what each answer of the model took; may raise a BudgetError to stop."""

OnDraft = Callable[[int, int], None]
"""Called before each draft, and at the end, with how many questions there are, and how many are wanted."""

_TRIES = 4  # drafts for each question that is wanted
_FAILURES = 3  # answers in a row that a model may fail to give
_ANSWER_TOKENS = 400
_EXCERPT, _PAGE = 4_000, 12_000  # characters
_SHORTEST = 200
_PROMPTS = Path(__file__).parent / "prompts"


def generated(
    index: Index,
    generator: str | LanguageModel,
    count: int,
    seed: int = 0,
    on_usage: OnUsage | None = None,
    *,
    folder: Path | None = None,
    on_draft: OnDraft | None = None,
) -> Dataset:
    """Questions about an index, as many about figures as about tables and text, spread over its documents.

    The model sees a sampled element and writes a question with a short answer. It is kept if it does not
    point at what the asker can't see ("this figure"), is not the excerpt's own wording, does not hold its
    answer, and if the model, asked anew with the element's whole page, gives the same answer. Whether a
    search finds the page plays no part: that is what the questions are to measure. No view is needed.

    Args:
        index: of the documents.
        generator: a language model, or the spec of one. It should see pictures; if it does not, nothing is
            asked about figures.
        count: questions that are wanted; there are fewer if too few drafts hold.
        seed: of the sample.
        on_usage: see `OnUsage`.
        folder: where the dataset is written, each question as it comes. What an earlier call has written
            there is gone on with: those questions count, and no element is asked about twice.
        on_draft: see `OnDraft`.

    Returns:
        The questions that were written now; with a folder, load it for all.

    Raises:
        UsageError: if ``generator`` is no language model, or no draft held.
        ModelError: if the model can't answer. BudgetError: what ``on_usage`` raises. With a folder both say
            what is kept.
    """
    model = _language_model(generator)
    if count < 1:
        raise UsageError(f"--generate wants a positive number of questions, found {count}")
    keeper = Keeper(index.root, folder)
    keeper.begin(model.spec)
    try:
        with closing(Reader(index.path)) as reader:
            _write(_Writer(model, reader, keeper, on_usage), count, seed, on_draft)
    except BudgetError as error:
        raise BudgetError(f"{error}{_kept(keeper, count, folder, ' with more --max-cost')}") from error
    except ModelError as error:
        raise ModelError(f"{error}{_kept(keeper, count, folder)}") from error
    if not keeper.drafts.fates:
        raise UsageError(
            f"there is nothing in {index.root} to ask about: no table, no paragraph of some forty words, "
            f"and no figure{'' if model.limits.pictures else f' that {model.spec} could see'}"
        )
    if not keeper.drafts.held:
        raise UsageError(
            f"none of {counted(len(keeper.drafts.fates), 'draft')} of {model.spec} held: "
            f"{keeper.drafts.left_out}; take a larger model with --generator, or another --seed"
        )
    keeper.drafts.asked = max(count, keeper.drafts.asked)
    keeper.note()
    return keeper.dataset(tuple(keeper.questions))


def check_writer(generator: str) -> None:
    """Does nothing, unless it shows beforehand that a generator will write no questions.

    Raises:
        UsageError: if it is no language model. ModelError: if it can't be had or reached.
    """
    _language_model(generator).check()


def _write(writer: _Writer, count: int, seed: int, on_draft: OnDraft | None) -> None:
    drafts = writer.keeper.drafts
    elements = sample(writer.reader, pictures=writer.model.limits.pictures > 0, seed=seed)
    for source in islice(elements, _TRIES * count):
        if on_draft is not None:
            on_draft(drafts.held, count)
        if drafts.held >= count:
            return
        if not writer.keeper.is_tried(source.element):
            writer.draft(source)
    if on_draft is not None:
        on_draft(drafts.held, count)


class _Writer:
    """Writes drafts, and keeps those that hold.

    Args:
        model: that writes. reader: of the index. keeper: of what is written. on_usage: see `OnUsage`.
    """

    def __init__(
        self, model: LanguageModel, reader: Reader, keeper: Keeper, on_usage: OnUsage | None
    ) -> None:
        self.model, self.reader, self.keeper = model, reader, keeper
        self._on_usage = on_usage
        self._failures = 0

    def draft(self, source: Source) -> None:
        """One more draft. An element at which the model has failed may be tried again by a later run."""
        try:
            fault, draft = self._tried(source)
        except BudgetError:
            raise  # a limit, no failure that another draft may be spared
        except ModelError as error:
            self._failures += 1
            if self._failures == _FAILURES or (isinstance(error, EndpointError) and error.fatal):
                raise
            return
        self._failures = 0
        if draft is None or fault:
            self.keeper.reject(source.element, fault)
        else:
            self.keeper.keep(source.element, _question(source, draft))

    def _tried(self, source: Source) -> tuple[str, Draft | None]:
        """A draft, and what is wrong with it."""
        picture = self._picture(source.element)
        draft = read_draft(self._ask("asking", picture, _EXCERPT, excerpt=source.excerpt))
        if draft is None:
            return "no question in the answer", None
        fault = fault_of(draft) or fault_beside(draft, source.excerpt, source.prose, self.keeper.texts)
        if not fault:
            answer = self._ask("answering", picture, _PAGE, page=source.whole_page, question=draft.question)
            fault = "" if agree(answer, draft.answer) else "answered otherwise the second time"
        return fault, draft

    def _picture(self, element: Element) -> Image.Image | None:
        limits = self.model.limits
        if element.kind not in (Kind.FIGURE, Kind.TABLE) or element.picture is None or not limits.pictures:
            return None
        with Image.open(self.reader.asset(element.picture), formats=FORMATS) as picture:
            return framed(picture.convert("RGB"), limits.side)

    def _ask(self, prompt: str, picture: Image.Image | None, most: int, **fields: str) -> str:
        """What the model says; the first field is shortened until there is room."""
        template = Template((_PROMPTS / f"{prompt}.txt").read_text(encoding="utf-8"))
        data, *_ = fields
        clean = {name: cleaned(text, self.model.control_tokens) for name, text in fields.items()}
        while True:
            clean[data] = clean[data][:most]
            shown = () if picture is None else (picture,)
            messages = (Message("user", (*shown, template.substitute(clean))),)
            room = self.model.limits.tokens - _ANSWER_TOKENS
            if most <= _SHORTEST or self.model.count(messages) <= room:
                break
            most = min(most, len(clean[data])) // 2
        said = []
        for piece in self.model.stream(messages, _ANSWER_TOKENS):
            said.append(piece.text)
            if piece.usage is not None and self._on_usage is not None:
                self._on_usage(piece.usage)
        return "".join(said).strip()


def _language_model(generator: str | LanguageModel) -> LanguageModel:
    model = load_generator(generator) if isinstance(generator, str) else generator
    if not isinstance(model, LanguageModel):
        raise UsageError(
            f"{generator} writes no questions: name a language model, --generator openai:gpt-5-mini (with "
            "its key in OPENAI_API_KEY) or one of a server of yours, "
            "openai:qwen3-vl:8b@http://localhost:11434/v1; --self asks with captions and headings, without "
            "any model"
        )
    return model


def _question(source: Source, draft: Draft) -> Question:
    element = source.element
    gold = Gold(source.document.path, element.page, boxes=(element.bbox,) if element.bbox else ())
    language = language_of(draft.question, source.prose)
    return Question(
        question_id(element), draft.question, (gold,), language, element.kind.value, (draft.answer,)
    )


def _kept(keeper: Keeper, count: int, folder: Path | None, how: str = "") -> str:
    """What to say of the questions that there are when something has stopped the writing."""
    if folder is None:
        return ""
    there = keeper.drafts.held
    fewer = f", --generate {there} takes these alone" if there else ""
    return (
        f"; {there} of {counted(count, 'question')} {'is' if there == 1 else 'are'} kept in {folder}: "
        f"the same command{how} goes on{fewer}"
    )
