"""Writing datasets as folders that a person can read and edit (see `mmrag.benchmark.datasets.folder`)."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from mmrag.benchmark.datasets.corpus import Corpus
from mmrag.benchmark.datasets.folder import ABOUT, CORPUS, QRELS, QUERIES
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.index.files import write_text_atomically
from mmrag.types import BBox


def save(dataset: Dataset, folder: Path) -> None:
    """Write the questions of a dataset as such a folder; the documents stay where they are.

    Raises:
        UsageError: if there are questions already: somebody may have edited them.
    """
    if (folder / QUERIES).exists():
        raise UsageError(f"there are questions in {folder} already: choose another folder, or remove them")
    folder.mkdir(parents=True, exist_ok=True)
    describe(dataset, folder)
    append(dataset.questions, dataset.corpus, folder)


def describe(dataset: Dataset, folder: Path) -> None:
    """Write the name and the note of a dataset, and where its documents are; what was there is replaced."""
    about = {"name": dataset.name, "note": dataset.note}
    if dataset.corpus.resolve() != (folder / CORPUS).resolve():
        about["corpus"] = _relative(dataset.corpus, folder)
    text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=100)
    write_text_atomically(folder / ABOUT, text)


def append(questions: Iterable[Question], documents: Path, folder: Path) -> None:
    """Write questions behind those that there are, which stay as they are; whole, or not at all.

    Args:
        questions: new ones.
        documents: of the dataset.
        folder: of the dataset.
    """
    corpus, questions = Corpus(documents), tuple(questions)
    asked = (json.dumps(_fields(one, corpus, folder), ensure_ascii=False) for one in questions)
    judged = (f"{one.id}\t0\t{place_id(gold)}\t{gold.grade}" for one in questions for gold in one.gold)
    # In this order: a question without a judgement can be read, a judgement without a question can't.
    for path, lines in ((folder / QUERIES, asked), (folder / QRELS, judged)):
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        if before and not before.endswith("\n"):
            before += "\n"
        write_text_atomically(path, before + "".join(f"{line}\n" for line in lines))


def place_id(gold: Gold) -> str:
    """What qrels call a page: ``file.pdf#3``; a whole file goes by its path alone."""
    return f"{gold.file}#{gold.page}" if gold.page else gold.file


def _fields(question: Question, corpus: Corpus, folder: Path) -> dict[str, Any]:
    file = question.gold[0].file
    fields: dict[str, Any] = {
        "id": question.id,
        "text": question.text,
        "lang": question.language,
        "kind": question.kind,
        "doc": file,
        "pages": [gold.page for gold in question.gold if gold.file == file and gold.page],
        "bbox": [_box_fields(gold, box, corpus, file) for gold in question.gold for box in gold.boxes],
        "answer": question.answers[0] if question.answers else "",
        "accepted": list(question.answers[1:]),
    }
    if question.picture:
        fields["picture"] = _relative(Path(question.picture), folder)
    if question.hidden:
        fields["hidden"] = list(question.hidden)
    return fields


def _box_fields(gold: Gold, box: BBox, corpus: Corpus, file: str) -> dict[str, Any]:
    """A box of a question whose first gold is in ``file``."""
    fields: dict[str, Any] = {"page": gold.page}
    if gold.file != file:
        fields["doc"] = gold.file
    size = corpus.size(gold.file, gold.page)
    # Points below one would be taken for fractions that were called by the wrong name.
    if size is None or max(box.to_points(*size)) <= 1:
        return fields | {"fractions": [round(value, 5) for value in box.as_tuple()]}
    return fields | {"bbox": [round(value, 2) for value in box.to_points(*size)]}


def _relative(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, so that both can be moved together; as it is on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(path.resolve())
