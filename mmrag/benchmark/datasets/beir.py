"""The layout of BEIR (Thakur et al. 2021): texts in ``corpus.jsonl``, judged in ``qrels/test.tsv``.

Each entry of the corpus becomes a text file of its own, and is gold as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mmrag.benchmark.datasets.converted import converted, file_name
from mmrag.benchmark.datasets.reading import Faults, json_rows, judgements
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.text.script import language

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"


def is_beir(folder: Path) -> bool:
    """Whether the folder has this layout."""
    return (folder / CORPUS).is_file() and (folder / QUERIES).is_file()


def load_beir(folder: Path, cache: Path, faults: Faults) -> Dataset:
    """The dataset, judged by the test split, or by the only one that there is.

    Queries that the split does not judge are left out.

    Args:
        folder: of the dataset. cache: where it is written out.
        faults: is given what is doubtful.

    Raises:
        DatasetError: naming file and line of everything that is wrong.
        UsageError: if a file can't be read at all.
    """
    qrels = _qrels(folder)
    sources = (folder / CORPUS, folder / QUERIES, qrels)
    return converted(folder.resolve().name, sources, partial(_write, folder, qrels, faults), cache, faults)


def _qrels(folder: Path) -> Path:
    test = folder / "qrels" / "test.tsv"
    found = [test] if test.is_file() else sorted((folder / "qrels").glob("*.tsv"))
    if len(found) != 1:
        names = ", ".join(path.name for path in found) or "nothing"
        raise UsageError(f"{folder} has the layout of BEIR: wanted qrels/test.tsv, found {names}")
    return found[0]


def _write(folder: Path, qrels: Path, faults: Faults, corpus: Path) -> Iterator[Question]:
    files = _write_entries(folder / CORPUS, faults, corpus)
    golds: dict[str, dict[str, Gold]] = {}
    first: dict[str, str] = {}
    for line in judgements(qrels, faults):
        name = _document(line.what)
        if name not in files:
            line.wrong(f"there is no entry {line.what!r} in {folder / CORPUS}")
        elif line.grade > 0:
            first.setdefault(line.query, line.place)
            golds.setdefault(line.query, {})[name] = Gold(name, 0, line.grade)
    asked: set[str] = set()
    for row in json_rows(folder / QUERIES, faults):
        key, text = row.text("_id"), row.text("text")
        if key in asked:
            row.wrong(f"there is a query {key!r} before")
        asked |= {key} - {""}
        if key in golds:
            if not text.strip() and not row.wrongs:
                row.wrong(f"the query {key!r} asks nothing")
            yield Question(key, text, tuple(golds[key].values()), language(text) or "en")
    for query in (query for query in first if query not in asked):
        faults.errors.append(f"{first[query]}: there is no query {query!r} in {folder / QUERIES}")


def _write_entries(path: Path, faults: Faults, corpus: Path) -> frozenset[str]:
    """Write each entry of ``path`` as a file; their names."""
    files: set[str] = set()
    for row in json_rows(path, faults):
        key = row.text("_id")
        name = _document(key)
        if name in files:
            row.wrong(f"there is an entry {key!r} before")
        files.add(name)
        parts = (row.text("title", "").strip(), row.text("text").strip())
        (corpus / name).write_text("\n\n".join(filter(None, parts)) + "\n", encoding="utf-8")
    return frozenset(files)


def _document(entry: str) -> str:
    return f"{file_name(entry)}.txt"
