"""Questions to an index, and an index whose values somebody has changed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

import mmrag
from mmrag.config import parse_recipe
from mmrag.errors import MmragError
from mmrag.index.lexical import Terms, bm25
from mmrag.index.reader import Reader
from mmrag.index.writer import Writer
from mmrag.text import query_terms
from mmrag.types import Filters, Kind, Query
from tests.stress.fuzzed.values import Target, data, scalars, texts


def _index(scratch: Path) -> Path:
    """A small index, made once."""
    place = scratch / "index"
    if not place.exists():
        corpus = scratch / "corpus"
        corpus.mkdir()
        (corpus / "a.md").write_text(
            "# Harbour\n\nThe ferry leaves at nine.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
        )
        (corpus / "b.html").write_text("<h1>站</h1><p>渡轮九点离开。</p><p>Le bac part à neuf heures.</p>")
        data = {
            "strategies": ["caption"],
            "caption": {"captioner": "tests.fakes:SizeCaptioner", "encoders": ["tests.fakes:LetterEncoder"]},
        }
        mmrag.build(corpus, place, pipeline=parse_recipe(data, "fuzz")).close()
    return place


_filters = st.builds(
    Filters,
    documents=st.lists(
        texts | st.sampled_from(["*.md", "[", "[!", "**", "a.md", "?" * 50, "*" * 60]), max_size=3
    ).map(tuple),
    kinds=st.lists(st.sampled_from(Kind) | texts, max_size=2).map(tuple),
    pages=st.none() | st.tuples(st.integers(), st.integers()),
    metadata=st.dictionaries(texts, scalars, max_size=2),
    labels=st.lists(texts, max_size=1).map(tuple),
)
_SQL = [
    '"',
    "'",
    "*",
    "NEAR(",
    " OR ",
    " AND NOT ",
    "^",
    ":",
    "terms:",
    "\udcff",
    "(",
    ")",
    "--",
    ";",
    "\0",
    "ferry",
    "渡轮",
    "{",
    "}",
]
_questions = st.lists(st.sampled_from(_SQL) | texts, max_size=8).map("".join)


def _search(given: tuple[str, Filters, str], scratch: Path) -> None:
    text, filters, prefix = given
    with mmrag.open(_index(scratch)) as index:
        for work in (
            lambda: index.search(Query(text, filters=filters), 5),
            lambda: index.search(text, 5),
            lambda: index.element(prefix),
            lambda: index.document(text),
            lambda: index.elements(text, 1),
        ):
            with suppress(MmragError):
                work()
    with closing(Reader(_index(scratch))) as reader:
        bm25(reader.connection, Terms.PAGES, query_terms(text), 5)


_COLUMNS = [
    (table, column)
    for table, columns in {
        "documents": "metadata page_count title paged",
        "pages": "lines width rotation label number",
        "elements": "kind x0 y1 section metadata picture text caption",
        "assets": "media_type",
        "files": "status seconds",
        "meta": "value",
        "chunks": "snippet",
        "vectors": "vector",
        "derived": "file sha256",
        "spaces": "dim name fingerprint",
    }.items()
    for column in columns.split()
]
_odd = ["[" * 20_000, "{}", "[]", "null", '{"a": NaN}', b"x\x9c\x03\x00"]
_numbers = st.integers(-(2**63), 2**63 - 1) | st.floats()
_values = st.none() | _numbers | st.binary(max_size=40) | texts | data.map(json.dumps) | st.sampled_from(_odd)


def _tampered(given: tuple[tuple[str, str], Any], scratch: Path) -> None:
    (table, column), value = given
    place = _index(scratch)
    with closing(Writer(place)) as writer, writer.writing():
        writer.connection.execute("SAVEPOINT fuzz")
        with suppress(sqlite3.IntegrityError, UnicodeEncodeError):
            writer.connection.execute(f"UPDATE {table} SET {column} = ?", (value,))
        _use(writer)
        writer.connection.execute("ROLLBACK TO fuzz")


def _use(reader: Reader) -> None:
    """Everything that is read of an index, inside the transaction that has changed it."""

    def all_rows(table: str) -> list[int]:
        return [row for (row,) in reader.connection.execute(f"SELECT row FROM {table}")]

    documents: dict[int, Any] = {}
    with suppress(MmragError):
        documents = reader.documents()
    for work in (
        lambda: reader.files(),
        lambda: reader.counts(),
        lambda: reader.pages(all_rows("pages")),
        lambda: reader.elements(all_rows("elements")),
        lambda: reader.elements_on(documents, all_rows("elements")),
        lambda: [reader.document_pages(row) for row in all_rows("documents")],
        lambda: [reader.lines(document.path, 1) for document in documents.values()],
        lambda: [reader.page_elements(document.path, 1) for document in documents.values()],
        lambda: reader.find_elements("a"),
        lambda: reader.snippets(all_rows("chunks")),
        lambda: parse_recipe(reader.get("recipe", {}), "fuzz"),
        lambda: reader.get("fingerprint", {}),
    ):
        with suppress(MmragError):
            work()


TARGETS = {
    "query filter": Target(st.tuples(_questions, _filters, texts), _search),
    "store reader": Target(st.tuples(st.sampled_from(_COLUMNS), _values), _tampered),
}
