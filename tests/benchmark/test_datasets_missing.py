"""Places that hold no dataset: what was found there, and what to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mmrag
from mmrag.benchmark.datasets import load
from mmrag.errors import UsageError
from tests.benchmark.making import RECIPE

QUESTION = '{"id": "1", "text": "Why?", "doc": "a.md"}'
NEXT = (
    "ask with the printed captions and headings, mmrag bench {} --self, or have a language model write "
    "questions, --generate 60 --generator SPEC; to ask your own, see docs/datasets.md"
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(*names: str, text: str = "words") -> None:
    for name in names:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def said(place: str) -> str:
    with pytest.raises(UsageError) as error:
        load(place)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_folder_of_documents() -> None:
    put("my docs/a.md", "my docs/deep/b.PDF", "my docs/c.xyz")
    assert said("my docs") == f"my docs has 2 documents and no questions: {NEXT.format(repr('my docs'))}"
    put("one/a.md")
    assert said("one").startswith("one has 1 document and no questions: ask with")


def test_one_document() -> None:
    put("a.md")
    assert said("a.md") == f"a.md is one document without questions: {NEXT.format('a.md')}"


@pytest.mark.parametrize("place", ["zoo", "indexes/zoo"])
def test_an_index(here: Path, place: str) -> None:
    put("docs/a.md")
    mmrag.build("docs", "zoo", pipeline=RECIPE, strategies=["caption"]).close()
    assert said(place) == f"{place} is an index, which has documents and no questions: {NEXT.format(place)}"


def test_nothing_and_next_to_nothing() -> None:
    Path("empty").mkdir()
    put("other/a.xyz", "examples/a.md")
    layout = "A dataset has documents in {0}/corpus and questions in {0}/queries.jsonl (docs/datasets.md)"
    assert said("empty") == f"empty is empty. {layout.format('empty')}"
    assert said("other") == f"other has other files, no documents and no questions. {layout.format('other')}"
    assert said("other/a.xyz").startswith("other/a.xyz is no document, and no dataset: those are folders, or")
    assert said("exampels") == "there is no dataset exampels: did you mean examples?"
    assert said("./nowhere") == (
        "there is no dataset ./nowhere: name a folder, or one of the hub, owner/dataset"
    )


def test_half_a_dataset() -> None:
    put("asks/queries.jsonl", text=QUESTION)
    assert said("asks") == (
        "asks has queries.jsonl and no documents: put these into asks/corpus, or write where they are, "
        '"corpus: FOLDER", into asks/dataset.yaml'
    )
    put("says/corpus/a.md")
    assert said("says") == (
        "says has documents in says/corpus and no questions: write says/queries.jsonl as docs/datasets.md "
        f"says, or {NEXT.format('says')}"
    )
    put("beir/corpus.jsonl", text="{}")
    assert said("beir") == "beir has corpus.jsonl and no queries.jsonl: both belong to the layout of BEIR"


def test_beside_a_dataset() -> None:
    put("set/corpus/a.md")
    put("set/queries.jsonl", text=QUESTION)
    assert said("set/corpus") == (
        "set/corpus holds the documents of a dataset: mmrag bench set asks its questions about them"
    )
    assert said("set/queries.jsonl") == "set/queries.jsonl is a file: name its folder, mmrag bench set"
    put("alone.jsonl", text=QUESTION)
    assert said("alone.jsonl").startswith(
        "alone.jsonl is a file: name its folder, mmrag bench .. A dataset has"
    )


def test_what_a_comparison_has_left() -> None:
    put(
        "bench/a/laying.json", "bench/a/report.html", "bench/b/laying.json", "bench/b/questions/queries.jsonl"
    )
    assert said("bench/a") == "bench/a is what mmrag bench has written: its report is bench/a/report.html"
    assert (
        said("bench/b") == "bench/b is what mmrag bench has written: its questions are in bench/b/questions"
    )


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ({"question": "Why?"}, "no corpus and no queries and no qrels: test.parquet has question"),
        ({"query": "Why?", "query-id": "1"}, "no corpus and no qrels: test.parquet has query, query-id"),
    ],
)
def test_tables_with_other_columns(rows: dict[str, Any], says: str) -> None:
    Path("t").mkdir()
    pq.write_table(pa.Table.from_pylist([rows]), "t/test.parquet")
    assert said("t") == (
        "t is no dataset: wanted a table with columns query and image, or the tables corpus (corpus-id, "
        "image or text), queries (query-id, query) and qrels (query-id, corpus-id, score); there is " + says
    )


def test_many_tables_are_counted() -> None:
    Path("t").mkdir()
    for number in range(7):
        pq.write_table(pa.Table.from_pylist([{"x": 1}]), f"t/{number}.parquet")
    assert said("t").endswith(
        ": 0.parquet has x, 1.parquet has x, 2.parquet has x, 3.parquet has x, and 3 files more"
    )
