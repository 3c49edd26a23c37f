"""Datasets as folders that a person can read and edit.

    corpus/         the documents
    queries.jsonl   one question a line
    qrels.tsv       which pages answer which question; may be left out
    dataset.yaml    a name, a note, another place of the corpus; may be left out

docs/datasets.md describes the fields.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from mmrag.benchmark.datasets.boxes import read_box
from mmrag.benchmark.datasets.corpus import Corpus
from mmrag.benchmark.datasets.reading import Faults, Row, json_rows, judgements, shown
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.types import BBox

ABOUT, QUERIES, QRELS, CORPUS = "dataset.yaml", "queries.jsonl", "qrels.tsv", "corpus"
_KEYS = {"name": "", "note": "", "corpus": CORPUS, "queries": QUERIES, "qrels": QRELS}

_FIELDS = ("id", "text", "lang", "kind", "doc", "pages", "bbox", "answer", "accepted", "picture", "hidden")
_MEANT = {"question": "text", "query": "text", "language": "lang", "file": "doc"}

_LONGEST_NUMBER = 9  # digits; Python refuses to read thousands

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What qrels say of a question: the line of its first judgement, grades by page, and what is wrong."""

    place: str
    grades: dict[Place, int] = field(default_factory=dict)
    faulty: list[str] = field(default_factory=list)


def is_folder_dataset(folder: Path) -> bool:
    """Whether this is such a folder."""
    return (folder / ABOUT).is_file() or ((folder / QUERIES).is_file() and (folder / CORPUS).is_dir())


def corpus_of(folder: Path) -> Path:
    """Where the documents of such a folder are, whatever its questions are like.

    Raises:
        UsageError: if its ``dataset.yaml`` is wrong.
    """
    return (folder / _about(folder)["corpus"]).resolve()


def load_folder(folder: Path, faults: Faults) -> Dataset:
    """The dataset of such a folder.

    Args:
        folder: of the dataset.
        faults: is given what is doubtful.

    Raises:
        DatasetError: naming file and line of everything that is wrong: no JSON, a missing field, an unknown
            document or page, a question twice or without gold, a judgement of an unknown question.
        UsageError: if a file can't be read at all, or there are no documents or no questions.
    """
    about = _about(folder)
    corpus = Corpus((folder / about["corpus"]).resolve())
    queries = folder / about["queries"]
    judged = _judged(folder / about["qrels"], corpus, faults)
    questions: dict[str, Question] = {}
    named: set[str] = set()
    for row in json_rows(queries, faults):
        question = _question(row, corpus, judged, folder)
        if question.id in named:
            row.wrong(f"there is a question {question.id!r} before")
        named |= {question.id} - {""}
        questions[question.id] = question
    for query, said in judged.items():
        if query not in named:
            faults.errors.append(f"{said.place}: there is no question {query!r} in {queries}")
    faults.check(str(folder))
    if not questions:
        raise UsageError(f"there are no questions in {queries}: write one a line, as docs/datasets.md says")
    return Dataset(
        about["name"] or folder.resolve().name, corpus.place, tuple(questions.values()), about["note"]
    )


def _about(folder: Path) -> dict[str, str]:
    path = folder / ABOUT
    if not path.is_file():
        return dict(_KEYS)
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise UsageError(f"{path} can't be read: {' '.join(str(error).split())}") from error
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageError(f"{path} must hold keys with texts: {', '.join(_KEYS)}")
    for key in found:
        if key not in _KEYS:
            raise UsageError(f"{path}: there is no key {shown(key)}, only {', '.join(_KEYS)}")
    for key in set(found) & {"corpus", "queries", "qrels"}:
        try:
            (folder / found[key]).exists()
        except OSError as error:
            raise UsageError(
                f"{path}: {key} is no path that can be read ({error.strerror}): {shown(found[key])}"
            ) from error
    return _KEYS | found


def _judged(path: Path, corpus: Corpus, faults: Faults) -> dict[str, _Judged]:
    """What is judged, by question."""
    judged: dict[str, _Judged] = {}
    for line in judgements(path, faults) if path.is_file() else ():
        of = judged.setdefault(line.query, _Judged(line.place))
        file, page = _page_of(line.what, corpus)
        if not page and file != line.what:
            fault = f"{file} has no page 0; pages count from 1"
        else:
            fault = corpus.fault(file, page)
        if fault:
            line.wrong(fault)
            of.faulty.append(fault)
        else:
            of.grades[file, page] = line.grade
    return judged


def _page_of(what: str, corpus: Corpus) -> Place:
    file, mark, page = what.rpartition("#")
    if what in corpus.files or not mark or not page.isdecimal() or len(page) > _LONGEST_NUMBER:
        return what, 0
    return file, int(page)


def _question(row: Row, corpus: Corpus, judged: dict[str, _Judged], folder: Path) -> Question:
    """What the row asks; what is wrong with it is noted there."""
    _check_names(row)
    key = row.text("id")
    if row.fields.get("id") == "" or any(char.isspace() for char in key):
        row.wrong(f"an id must be one word, as the columns of run files are, found {key!r}")
    picture = row.text("picture", "")
    answer = row.text("answer", "")
    return Question(
        key,
        _asked(row, picture),
        _gold(row, corpus, judged.get(key)),
        row.text("lang", "en"),
        row.text("kind", ""),
        tuple(said for said in (answer, *row.texts("accepted")) if said),
        str(folder / picture) if picture else None,
        row.texts("hidden"),
    )


def _asked(row: Row, picture: str) -> str:
    text = row.text("text", "") if picture else row.text("text")
    if not text.strip() and not picture and isinstance(row.fields.get("text"), str):
        row.wrong(f"question {row.fields.get('id')!r} asks nothing: give it a text or a picture")
    return text


def _gold(row: Row, corpus: Corpus, judged: _Judged | None) -> tuple[Gold, ...]:
    before = len(row.wrongs)
    grades = dict.fromkeys(_named(row, corpus), 1) if judged is None else judged.grades
    # What has no gold because its page is wrong is told of that page alone.
    known = len(row.wrongs) == before and not (judged and judged.faulty)
    boxes: dict[Place, list[BBox]] = {}
    for place, box in _boxes(row, corpus):
        if grades.get(place, 0) > 0:
            boxes.setdefault(place, []).append(box)
        elif known:
            row.wrong(f"a box is on page {place[1]} of {place[0]}, which is no gold")
    gold = tuple(
        Gold(*place, grade, tuple(boxes.get(place, ()))) for place, grade in grades.items() if grade > 0
    )
    if not gold and known:
        row.wrong(
            f"question {row.fields.get('id')!r} has no gold: give doc and pages, or judge it in {QRELS}"
        )
    return gold


def _check_names(row: Row) -> None:
    """Fields of one's own may stand beside ours; one that is nearly ours is a slip that changes figures."""
    for name in row.fields:
        near = difflib.get_close_matches(name, _FIELDS, n=1, cutoff=0.75)
        meant = _MEANT.get(name) or (near[0] if near else "")
        if name not in _FIELDS and meant and row.fields.get(meant) is None:
            row.wrong(f"there is no field {name!r}; did you mean {meant!r}?")


def _named(row: Row, corpus: Corpus) -> Iterator[Place]:
    """The pages that the question itself names; the whole document where it names no page."""
    file = row.text("doc", "")
    if not file:
        return
    pages = row.fields.get("pages")
    pages = [] if pages is None else pages
    if not isinstance(pages, list) or not all(type(page) is int for page in pages):
        row.wrong(f"pages must be a list of page numbers, found {shown(pages)}")
        return
    for page in pages or [0]:
        fault = corpus.fault(file, page)
        if not fault and pages and page < 1:
            fault = f"{file} has no page {page}; pages count from 1"
        if fault:
            row.wrong(fault)
        else:
            yield file, page
        if file not in corpus.files:
            return


def _boxes(row: Row, corpus: Corpus) -> Iterator[tuple[Place, BBox]]:
    places = row.fields.get("bbox") or []
    if not isinstance(places, list) or not all(isinstance(place, dict) for place in places):
        row.wrong(f"bbox must be a list of objects with page and bbox, found {shown(places)}")
        return
    for place in places:
        file, page = place.get("doc") or row.fields.get("doc"), place.get("page")
        if type(page) is not int or not isinstance(file, str):
            row.wrong(f"a box needs the number of its page in a document, found {shown(place)}")
            continue
        fault = corpus.fault(file, page)
        if fault:
            row.wrong(fault)
            continue
        unit = "fractions" if "fractions" in place else "bbox"
        box = read_box(corpus, row, file, page, place.get(unit), unit)
        if box is not None:
            yield (file, page), box
