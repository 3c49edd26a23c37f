"""The layout of BEIR (Thakur et al. 2021): texts in ``corpus.jsonl``, judged in ``qrels/test.tsv``.

Each entry of the corpus becomes a text file of its own, and is gold as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mmrag.benchmark.datasets.converted import converted, file_name
from mmrag.benchmark.datasets.reading import json_rows, judgements
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.text.script import language

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"


def is_beir(folder: Path) -> bool:
    """Whether the folder has this layout."""
    return (folder / CORPUS).is_file() and (folder / QUERIES).is_file()


def load_beir(folder: Path, cache: Path) -> Dataset:
    """The dataset, judged by the test split, or by the only one that there is.

    Queries that the split does not judge are left out.

    Raises:
        UsageError: naming file and line of what is wrong.
    """
    qrels = _qrels(folder)
    sources = (folder / CORPUS, folder / QUERIES, qrels)
    return converted(folder.resolve().name, sources, partial(_write, folder, qrels), cache)


def _qrels(folder: Path) -> Path:
    test = folder / "qrels" / "test.tsv"
    found = [test] if test.is_file() else sorted((folder / "qrels").glob("*.tsv"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "nothing"
        raise UsageError(f"{folder} has the layout of BEIR: wanted qrels/test.tsv, found {names}")
    return found[0]


def _write(folder: Path, qrels: Path, corpus: Path) -> Iterator[Question]:
    files: set[str] = set()
    for row in json_rows(folder / CORPUS):
        name = _document(row.text("_id"))
        if name in files:
            raise UsageError(f"{row.place}: there is an entry {row.text('_id')!r} before")
        files.add(name)
        parts = (row.text("title", "").strip(), row.text("text").strip())
        (corpus / name).write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    golds: dict[str, dict[str, Gold]] = {}
    for line in judgements(qrels):
        name = _document(line.what)
        if name not in files:
            raise UsageError(f"{line.place}: there is no entry {line.what!r} in {folder / CORPUS}")
        if line.grade > 0:
            golds.setdefault(line.query, {})[name] = Gold(name, 0, line.grade)
    for row in json_rows(folder / QUERIES):
        key, text = row.text("_id"), row.text("text")
        if key in golds:
            yield Question(key, text, tuple(golds.pop(key).values()), language(text) or "en")
    for query in golds:
        raise UsageError(f"{qrels} judges the query {query!r}, which {folder / QUERIES} lacks")


def _document(entry: str) -> str:
    return f"{file_name(entry)}.txt"
