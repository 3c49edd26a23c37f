"""What a comparison of strategies is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mmrag.types import BBox

BM25 = "bm25"
"""What BM25 alone is called, without any view."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A page that answers a question.

    Attributes:
        file: path relative to the corpus. page: 1-based; 0 where the whole file answers.
        grade: how well, from 1; nDCG gains it.
        boxes: where on the page, as page fractions; none where that is not known.
    """

    file: str
    page: int
    grade: int = 1
    boxes: tuple[BBox, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its gold.

    Attributes:
        id: within its dataset.
        text: what is asked.
        gold: the pages that answer it, each sufficient on its own; at least one.
        language: ISO 639-1 code.
        kind: ``figure``, ``table``, ``text``, or what the dataset calls it.
        answers: what counts as a right answer, the reference first; none where the dataset has none.
        picture: path of a picture that is asked with.
        hidden: ids of elements whose printed caption or heading is the question, and is kept from being
            found by itself (``--self``).
    """

    id: str
    text: str
    gold: tuple[Gold, ...]
    language: str = "en"
    kind: str = ""
    answers: tuple[str, ...] = ()
    picture: str | None = None
    hidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """Documents and questions about them.

    Attributes:
        name: for people.
        corpus: the folder of documents.
        questions: in the order of their file.
        note: what these questions can and can't tell, in a sentence; for the report.
    """

    name: str
    corpus: Path
    questions: tuple[Question, ...]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """One column of a comparison: a recipe, and the views that are asked.

    Attributes:
        pipeline: name of the recipe, or the path of its file.
        strategies: views asked together, beside BM25; none for BM25 alone.
    """

    pipeline: str
    strategies: tuple[str, ...]

    @property
    def name(self) -> str:
        """``mini · joint+caption``, ``mini · bm25``."""
        return f"{self.pipeline} · {'+'.join(self.strategies) or BM25}"


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a ranking: its score, and the box of the element that spoke for it, if that is known."""

    file: str
    page: int
    score: float
    box: BBox | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one setup made of one question.

    Attributes:
        question: its id.
        ranking: pages, best first.
        seconds: wall-clock seconds of the search.
        answer: text of the answer; ``None`` where answers were not asked for.
        refused: whether it declined to answer.
        tokens: by direction (``in``, ``out``). cost: in the unit of the recipe's prices.
    """

    question: str
    ranking: tuple[Found, ...]
    seconds: float
    answer: str | None = None
    refused: bool = False
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Laying:
    """What it took to index a corpus for one setup.

    Attributes:
        pages: of the corpus.
        seconds: wall-clock seconds of parsing and of laying the setup's views, from nothing.
        bytes: on disk, of what the setup's views need.
        tokens: of captioners, by direction. cost: of these.
    """

    pages: int
    seconds: float
    bytes: int
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0


@dataclass(frozen=True, slots=True)
class Run:
    """All outcomes of one setup, in the order of the dataset's questions."""

    setup: Setup
    laying: Laying
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A whole comparison: what a report is made of.

    Attributes:
        dataset: what was asked.
        runs: one for each setup.
        made_with: command, seed, versions, machine, commit and date, by name.
    """

    dataset: Dataset
    runs: tuple[Run, ...]
    made_with: Mapping[str, str] = field(default_factory=dict)
