"""Questions that a model writes, kept as they come: a run that is stopped at any instant loses one draft."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mmrag.benchmark.counting import counted
from mmrag.benchmark.datasets.folder import QUERIES
from mmrag.benchmark.datasets.reading import Faults, json_rows
from mmrag.benchmark.datasets.writing import append, describe
from mmrag.benchmark.values import Dataset, Question
from mmrag.errors import UsageError
from mmrag.index.files import write_text_atomically
from mmrag.types import Element

DRAFTS = "drafts.json"
"""The file beside the questions that says what was tried; without it they are whole, and nobody adds any."""

_ID = 12  # digits of an element's id that are part of its question's


@dataclass(slots=True)
class Drafts:
    """What was tried.

    Attributes:
        fates: by element that was asked about, why its draft was left out; empty for those that hold.
        models: that have written some that hold. last: the model that wrote the last ones.
        asked: most questions for which writing came to its end, be it that there were no more to write.
    """

    fates: dict[str, str] = field(default_factory=dict)
    models: list[str] = field(default_factory=list)
    last: str = ""
    asked: int = 0

    @property
    def held(self) -> int:
        """How many drafts hold. Some of these questions may since have been removed by somebody."""
        return sum(not fate for fate in self.fates.values())

    @property
    def left_out(self) -> str:
        """Why the others do not, and how many of each: ``holds its answer (3), asked before (1)``."""
        reasons = Counter(fate for fate in self.fates.values() if fate)
        return ", ".join(f"{reason} ({count})" for reason, count in reasons.most_common())

    def are_enough(self, count: int) -> bool:
        """Whether nothing is to be written for ``count`` questions."""
        return count <= max(self.held, self.asked)


def drafts_in(folder: Path) -> Drafts | None:
    """What was tried for the questions in a folder; ``None`` where no model has written there.

    Raises:
        UsageError: if its notes can't be read.
    """
    path = folder / DRAFTS
    if not path.is_file():
        return None
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return Drafts(dict(found["fates"]), list(found["models"]), str(found["last"]), int(found["asked"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{path} can't be read ({error}): remove it to keep the questions beside it as they are"
        ) from error


class Keeper:
    """Writes drafts down, in a folder if there is one.

    Args:
        documents: that are asked about.
        folder: of the dataset; ``None`` to keep them in memory alone.

    Attributes:
        drafts: what was tried. questions: that were written since.
    """

    def __init__(self, documents: Path, folder: Path | None) -> None:
        self._documents, self._folder = documents, folder
        self.questions: list[Question] = []
        self.drafts = (drafts_in(folder) if folder else None) or Drafts()
        self._texts: list[str] = []
        self._ids: set[str] = set()
        if folder is not None and (folder / QUERIES).is_file():
            self._take_up(folder / QUERIES)

    @property
    def texts(self) -> list[str]:
        """All questions, those of earlier runs first."""
        return [*self._texts, *(question.text for question in self.questions)]

    def begin(self, model: str) -> None:
        """From here on the folder is one that is not finished, and this model writes.

        What another one could not ask about is tried again.
        """
        if model != self.drafts.last:
            self.drafts.fates = {element: fate for element, fate in self.drafts.fates.items() if not fate}
        self.drafts.last = model
        self.note()

    def is_tried(self, element: Element) -> bool:
        """Whether there is a draft about the element."""
        if question_id(element) in self._ids:
            self.drafts.fates.setdefault(element.id, "")
        return element.id in self.drafts.fates

    def reject(self, element: Element, reason: str) -> None:
        """Keep in mind why a draft does not hold."""
        self.drafts.fates[element.id] = reason
        self.note()

    def keep(self, element: Element, question: Question) -> None:
        """Keep a question about an element."""
        self.drafts.fates[element.id] = ""
        if self.drafts.last not in self.drafts.models:
            self.drafts.models.append(self.drafts.last)
        self.questions.append(question)
        if self._folder is not None:
            self._folder.mkdir(parents=True, exist_ok=True)
            # Should it be stopped in between, the question's id tells that its element has been asked about.
            describe(self.dataset((question,)), self._folder)
            append((question,), self._documents, self._folder)
            self.note()

    def dataset(self, questions: tuple[Question, ...]) -> Dataset:
        """The questions as a dataset, with a note of how they came about."""
        drafts, by = self.drafts, " and ".join(self.drafts.models)
        return Dataset(
            f"{self._documents.name} (questions by {by})",
            self._documents,
            questions,
            f"The questions were written by {by} from sampled figures, tables and paragraphs; {drafts.held} "
            f"of {counted(len(drafts.fates), 'draft')} held by a round trip. They ask what a model finds "
            "worth asking, in words near to the page's, and other pages that answer them count as wrong. "
            "Read them, and edit or remove what nobody would ask.",
        )

    def note(self) -> None:
        """Write down what was tried."""
        if self._folder is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(asdict(self.drafts), ensure_ascii=False, indent=1)
        write_text_atomically(self._folder / DRAFTS, text)

    def _take_up(self, queries: Path) -> None:
        """Read what earlier runs have asked. Somebody may have edited it: slips are told on loading."""
        for row in json_rows(queries, Faults()):
            text, key = row.fields.get("text"), row.fields.get("id")
            self._texts += [text] if isinstance(text, str) else []
            self._ids |= {key} if isinstance(key, str) else set()


def question_id(element: Element) -> str:
    """What a question about an element is called."""
    return f"{element.kind.value}-{element.id[:_ID]}"
