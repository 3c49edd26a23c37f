"""What the scripts here ask of a dataset's questions; the rest is in `mmrag.benchmark`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from mmrag.benchmark.datasets import load
from mmrag.benchmark.values import Found, Question

Page = tuple[str, int]
"""File and number."""


def load_questions(folder: Path) -> list[Question]:
    """The questions of a dataset, in the order of their file."""
    return list(load(folder).questions)


def ranking(pages: Iterable[Page]) -> list[Found]:
    """Pages, best first, as the measures take them."""
    return [Found(file, page, -float(rank)) for rank, (file, page) in enumerate(pages, 1)]


def relevant(question: Question) -> frozenset[Page]:
    """The pages that answer it."""
    return frozenset((gold.file, gold.page) for gold in question.gold)


def document(question: Question) -> str:
    """The file that it is about."""
    return question.gold[0].file


def scans(questions: Iterable[Question]) -> frozenset[str]:
    """The scanned files among those that are asked about."""
    return frozenset(file for question in questions if "scan" in (file := document(question)))


def groups(questions: Sequence[Question], scanned: frozenset[str] = frozenset()) -> dict[str, list[int]]:
    """Positions of the questions by kind, by language, and of those about scanned files."""
    found: dict[str, list[int]] = {"all": list(range(len(questions)))}
    for position, question in enumerate(questions):
        found.setdefault(question.kind, []).append(position)
        found.setdefault(f"lang={question.language}", []).append(position)
        if document(question) in scanned:
            found.setdefault("scanned", []).append(position)
    return found
