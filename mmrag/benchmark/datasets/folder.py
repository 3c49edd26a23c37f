"""Datasets as folders that a person can read and edit.

    corpus/         the documents
    queries.jsonl   one question a line
    qrels.tsv       which pages answer which question; may be left out
    dataset.yaml    a name, a note, another place of the corpus; may be left out

docs/datasets.md describes the fields.
"""

from __future__ import annotations

import difflib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from mmrag.benchmark.datasets.corpus import Corpus
from mmrag.benchmark.datasets.reading import Row, json_rows, judgements
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.types import BBox

ABOUT, QUERIES, QRELS, CORPUS = "dataset.yaml", "queries.jsonl", "qrels.tsv", "corpus"
_KEYS = {"name": "", "note": "", "corpus": CORPUS, "queries": QUERIES, "qrels": QRELS}

_FIELDS = ("id", "text", "lang", "kind", "doc", "pages", "bbox", "answer", "accepted", "picture", "hidden")
_MEANT = {"question": "text", "query": "text", "language": "lang", "file": "doc"}

Place = tuple[str, int]


def is_folder_dataset(folder: Path) -> bool:
    """Whether this is such a folder."""
    return (folder / ABOUT).is_file() or ((folder / QUERIES).is_file() and (folder / CORPUS).is_dir())


def load_folder(folder: Path) -> Dataset:
    """The dataset of such a folder.

    Raises:
        UsageError: naming file and line of what is wrong: no JSON, a missing field, an unknown document or
            page, a question twice or without gold, a judgement of an unknown question.
    """
    about = _about(folder)
    corpus = Corpus((folder / about["corpus"]).resolve())
    judged = _judged(folder / about["qrels"], corpus)
    questions: dict[str, Question] = {}
    for row in json_rows(folder / about["queries"]):
        question = _question(row, corpus, judged, folder)
        if question.id in questions:
            raise UsageError(f"{row.place}: there is a question {question.id!r} before")
        questions[question.id] = question
    for query, (_, place) in judged.items():
        if query not in questions:
            raise UsageError(f"{place}: there is no question {query!r} in {folder / about['queries']}")
    if not questions:
        raise UsageError(f"there are no questions in {folder / about['queries']}")
    return Dataset(
        about["name"] or folder.resolve().name, corpus.folder, tuple(questions.values()), about["note"]
    )


def save(dataset: Dataset, folder: Path) -> None:
    """Write the questions of a dataset as such a folder; the documents stay where they are.

    Raises:
        UsageError: if there are questions already: somebody may have edited them.
    """
    if (folder / QUERIES).exists():
        raise UsageError(f"there are questions in {folder} already: choose another folder, or remove them")
    folder.mkdir(parents=True, exist_ok=True)
    corpus = Corpus(dataset.corpus)
    with (folder / QUERIES).open("w", encoding="utf-8", newline="\n") as file:
        for question in dataset.questions:
            file.write(json.dumps(_fields(question, corpus, folder), ensure_ascii=False) + "\n")
    with (folder / QRELS).open("w", encoding="utf-8", newline="\n") as file:
        for question in dataset.questions:
            for gold in question.gold:
                file.write(f"{question.id}\t0\t{place_id(gold)}\t{gold.grade}\n")
    about = {"name": dataset.name, "note": dataset.note}
    if dataset.corpus.resolve() != (folder / CORPUS).resolve():
        about["corpus"] = _relative(dataset.corpus, folder)
    text = yaml.safe_dump(about, sort_keys=False, allow_unicode=True, width=100)
    (folder / ABOUT).write_text(text, encoding="utf-8")


def place_id(gold: Gold) -> str:
    """What qrels call a page: ``file.pdf#3``; a whole file goes by its path alone."""
    return f"{gold.file}#{gold.page}" if gold.page else gold.file


def _about(folder: Path) -> dict[str, str]:
    path = folder / ABOUT
    if not path.is_file():
        return dict(_KEYS)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f"{path} must hold keys with texts: {', '.join(_KEYS)}")
    for key in found:
        if key not in _KEYS:
            raise UsageError(f"{path}: there is no key {key!r}, only {', '.join(_KEYS)}")
    return _KEYS | found


def _judged(path: Path, corpus: Corpus) -> dict[str, tuple[dict[Place, int], str]]:
    """Grades by page of each question that is judged, and the line of its first judgement."""
    judged: dict[str, tuple[dict[Place, int], str]] = {}
    for line in judgements(path) if path.is_file() else ():
        file, page = _page_of(line.what, corpus)
        if not page and file != line.what:
            raise UsageError(f"{line.place}: {file} has no page 0; pages count from 1")
        corpus.check(file, page, line.place)
        judged.setdefault(line.query, ({}, line.place))[0][file, page] = line.grade
    return judged


def _page_of(what: str, corpus: Corpus) -> Place:
    file, mark, page = what.rpartition("#")
    if what in corpus.files or not mark or not page.isdecimal():
        return what, 0
    return file, int(page)


def _question(
    row: Row, corpus: Corpus, judged: Mapping[str, tuple[dict[Place, int], str]], folder: Path
) -> Question:
    _check_names(row)
    key = row.text("id")
    if not key or any(char.isspace() for char in key):
        raise UsageError(
            f"{row.place}: an id must be one word, as the columns of run files are, found {key!r}"
        )
    grades = judged[key][0] if key in judged else dict.fromkeys(_named(row, corpus), 1)
    boxes: dict[Place, list[BBox]] = {}
    for place, box in _boxes(row, corpus):
        if grades.get(place, 0) < 1:
            raise UsageError(f"{row.place}: a box is on page {place[1]} of {place[0]}, which is no gold")
        boxes.setdefault(place, []).append(box)
    gold = tuple(
        Gold(*place, grade, tuple(boxes.get(place, ()))) for place, grade in grades.items() if grade > 0
    )
    if not gold:
        raise UsageError(
            f"{row.place}: question {key!r} has no gold: give doc and pages, or judge it in {QRELS}"
        )
    picture = row.text("picture", "")
    text = row.text("text", "") if picture else row.text("text")
    if not text.strip() and not picture:
        raise UsageError(f"{row.place}: question {key!r} asks nothing: give it a text or a picture")
    answer = row.text("answer", "")
    return Question(
        key,
        text,
        gold,
        row.text("lang", "en"),
        row.text("kind", ""),
        tuple(said for said in (answer, *row.texts("accepted")) if said),
        str(folder / picture) if picture else None,
        row.texts("hidden"),
    )


def _check_names(row: Row) -> None:
    """Fields of one's own may stand beside ours; one that is nearly ours is a slip that changes figures."""
    for name in row.fields:
        near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.75)
        meant = _MEANT.get(name) or (near[0] if near else "")
        if name not in _FIELDS and meant and row.fields.get(meant) is None:
            raise UsageError(f"{row.place}: there is no field {name!r}; did you mean {meant!r}?")


def _named(row: Row, corpus: Corpus) -> Iterator[Place]:
    """The pages that the question itself names; the whole document where it names no page."""
    file = row.text("doc", "")
    if not file:
        return
    pages = row.fields.get("pages") or []
    if not isinstance(pages, list) or not all(type(page) is int for page in pages):
        raise UsageError(f"{row.place}: pages must be a list of page numbers, found {pages!r}")
    for page in pages or [0]:
        if pages and page < 1:
            raise UsageError(f"{row.place}: {file} has no page {page}; pages count from 1")
        corpus.check(file, page, row.place)
        yield file, page


def _boxes(row: Row, corpus: Corpus) -> Iterator[tuple[Place, BBox]]:
    places = row.fields.get("bbox") or []
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        raise UsageError(f"{row.place}: bbox must be a list of objects with page and bbox, found {places!r}")
    for place in places:
        found = Row(place, row.place)
        file, page = found.text("doc", row.text("doc", "")), place.get("page")
        if type(page) is not int:
            raise UsageError(f"{row.place}: a box needs the number of its page, found {page!r}")
        corpus.check(file, page, row.place)
        unit = "fractions" if "fractions" in place else "bbox"
        yield (file, page), corpus.box(file, page, place.get(unit), unit, row.place)


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
    if size is None:
        return fields | {"fractions": [round(value, 5) for value in box.as_tuple()]}
    return fields | {"bbox": [round(value, 2) for value in box.to_points(*size)]}


def _relative(path: Path, folder: Path) -> str:
    """``path`` as seen from ``folder``, so that both can be moved together; as it is on another drive."""
    try:
        return Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
    except ValueError:
        return str(path.resolve())
