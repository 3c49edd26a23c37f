"""Why there is no dataset at a place: what was found there instead, and what to type next."""

from __future__ import annotations

import difflib
import shlex
from itertools import islice
from pathlib import Path

from mmrag.api import index_path
from mmrag.benchmark.datasets.folder import CORPUS, QUERIES, corpus_of, is_folder_dataset
from mmrag.index.store import is_index
from mmrag.ingest.sniff import ENDINGS

_BEIR = "corpus.jsonl"
_QUESTIONS, _LEDGER = "questions", "laying.json"  # where mmrag bench has written
_MOST = 10_000  # files that are looked at


def why_no_dataset(place: str) -> str:
    """What to say of a place that holds no dataset, or of a name that nothing has."""
    path = Path(place).expanduser()
    if is_index(index_path(place)):
        return f"{place} is an index, which has documents and no questions: {_without_questions(place)}"
    if not path.exists():
        return _nothing(place, path)
    if path.is_file():
        return _file(place, path)
    return _folder(place, path)


def _nothing(place: str, path: Path) -> str:
    names = [other.name for other in path.parent.iterdir()] if path.parent.is_dir() else []
    near = difflib.get_close_matches(path.name, names, n=1, cutoff=0.7)
    meant = (
        f"did you mean {path.with_name(near[0])}?"
        if near
        else "name a folder, or one of the hub, owner/dataset"
    )
    return f"there is no dataset {place}: {meant}"


def _file(place: str, path: Path) -> str:
    if path.suffix.lower() in ENDINGS:
        return f"{place} is one document without questions: {_without_questions(place)}"
    folder = str(path.parent)
    if path.suffix == ".jsonl":
        hint = "" if is_folder_dataset(path.parent) else f". {_layout(folder)}"
        return f"{place} is a file: name its folder, mmrag bench {shlex.quote(folder)}{hint}"
    return f"{place} is no document, and no dataset: those are folders, or parquet files. {_layout(folder)}"


def _folder(place: str, path: Path) -> str:
    if (path / _QUESTIONS / QUERIES).is_file():
        return f"{place} is what mmrag bench has written: its questions are in {path / _QUESTIONS}"
    if (path / _LEDGER).is_file():
        return f"{place} is what mmrag bench has written: its report is {path / 'report.html'}"
    if (path / QUERIES).is_file():
        return (
            f"{place} has {QUERIES} and no documents: put these into {path / CORPUS}, or write where they "
            f'are, "corpus: FOLDER", into {path / "dataset.yaml"}'
        )
    if (path / _BEIR).is_file():
        return f"{place} has {_BEIR} and no {QUERIES}: both belong to the layout of BEIR"
    above = path.resolve().parent
    if is_folder_dataset(above) and corpus_of(above) == path.resolve():
        whole = shlex.quote(str(path.parent) if len(path.parts) > 1 else str(above))
        return f"{place} holds the documents of a dataset: mmrag bench {whole} asks its questions about them"
    count = _documents(path)
    if (path / CORPUS).is_dir() and _documents(path / CORPUS) == count:
        return (
            f"{place} has documents in {path / CORPUS} and no questions: write {path / QUERIES} as "
            f"docs/datasets.md says, or {_without_questions(place)}"
        )
    if not count:
        found = "has other files, no documents and no questions" if any(path.iterdir()) else "is empty"
        return f"{place} {found}. {_layout(place)}"
    said = "1 document" if count == 1 else f"{count:,} documents"
    return f"{place} has {said} and no questions: {_without_questions(place)}"


def _documents(path: Path) -> int:
    """How many files in a folder mmrag reads, as far as they are looked at."""
    return sum(file.suffix.lower() in ENDINGS for file in islice(path.rglob("*"), _MOST))


def _without_questions(place: str) -> str:
    return (
        f"ask with the printed captions and headings, mmrag bench {shlex.quote(place)} --self, or have a "
        "language model write questions, --generate 60 --generator SPEC; to ask your own, see "
        "docs/datasets.md"
    )


def _layout(place: str) -> str:
    folder = Path(place)
    return (
        f"A dataset has documents in {folder / CORPUS} and questions in {folder / QUERIES} (docs/datasets.md)"
    )
