"""Datasets in the layouts of BEIR and ViDoRe, and from the hub."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import errors
from PIL import Image

import mmrag
from mmrag.benchmark.datasets import load
from mmrag.benchmark.datasets.converted import cache_folder, file_name
from mmrag.benchmark.metrics import measures
from mmrag.benchmark.statistics import documents_of
from mmrag.benchmark.values import Found, Gold, Outcome
from mmrag.config import CaptionOptions, IngestOptions
from mmrag.errors import MissingExtraError, UsageError
from mmrag.types import BBox

CORPUS = [
    {"_id": "a/1", "title": "Mills", "text": "A mill grinds."},
    {"_id": ".hidden", "title": "", "text": (("A quarry. " * 150) + "\n\n") * 3},
    {"_id": "水", "text": "Water runs."},
]
QUERIES = [
    {"_id": "q1", "text": "What grinds?"},
    {"_id": "q2", "text": "水是什么？"},
    {"_id": "q3", "text": "x"},
]
QRELS = "query-id\tcorpus-id\tscore\nq1\ta/1\t2\nq1\t水\t0\nq2\t水\t1\nq2\t.hidden\t1\n"


def write_beir(folder: Path, corpus: list[dict[str, Any]] = CORPUS, qrels: str = QRELS) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, rows in (("corpus", corpus), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "qrels/test.tsv").write_text(qrels, encoding="utf-8")
    return folder


def test_beir_becomes_a_folder_of_texts(tmp_path: Path) -> None:
    dataset = load(write_beir(tmp_path / "mini"), tmp_path / "cache")
    assert dataset.name == "mini"
    first, second = dataset.questions
    assert (first.id, first.text, first.language) == ("q1", "What grinds?", "en")
    assert first.gold == (Gold("a%2F1.txt", 0, 2),)
    assert second.language == "zh"
    assert set(second.gold) == {Gold("%E6%B0%B4.txt", 0), Gold("%2Ehidden.txt", 0)}
    assert (dataset.corpus / "a%2F1.txt").read_text() == "Mills\n\nA mill grinds.\n"
    assert (dataset.corpus / "%E6%B0%B4.txt").read_text() == "Water runs.\n"


def test_hits_of_an_index_map_back_to_entries(tmp_path: Path) -> None:
    dataset = load(write_beir(tmp_path / "mini"), tmp_path / "cache")
    encoders = ("tests.fakes:LetterEncoder",)
    recipe = mmrag.Recipe(
        name="fake",
        strategies=("caption",),
        ingest=IngestOptions(workers=1),
        caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=encoders),
    )
    with mmrag.build(dataset.corpus, tmp_path / "index", pipeline=recipe) as index:
        assert {document.path: document.page_count > 1 for document in index.documents()} == {
            "%2Ehidden.txt": True,
            "%E6%B0%B4.txt": False,
            "a%2F1.txt": False,
        }
        hits = index.search("quarry")
    ranking = tuple(Found(hit.document.path, hit.page.number, hit.score) for hit in hits)
    found = measures([Outcome("q2", ranking, 0.0)], dataset.questions[1:])
    assert (found["MRR@10"][0], found["Recall@1"][0]) == (1, 0.5)


def test_beir_is_written_out_once_and_again_when_it_has_changed(tmp_path: Path) -> None:
    folder, cache = write_beir(tmp_path / "mini"), tmp_path / "cache"
    first = load(folder, cache)
    (first.corpus / "note.txt").write_text("kept")
    assert load(folder, cache).corpus == first.corpus
    assert (first.corpus / "note.txt").exists()
    (folder / "qrels/test.tsv").write_text("q1\ta/1\t1\n")
    second = load(folder, cache)
    assert second.corpus != first.corpus
    assert len(second.questions) == 1


@pytest.mark.parametrize(
    ("corpus", "qrels", "says"),
    [
        (CORPUS, QRELS + "q1\tb\t1\n", "test.tsv, line 6: there is no entry 'b' in"),
        (CORPUS, QRELS + "q9\ta/1\t1\n", "test.tsv, line 6: there is no query 'q9' in"),
        (CORPUS, "q1\ta/1\t0\n", "mini has no question that is judged"),
        (CORPUS[:1] * 2, "q1\ta/1\t1\n", "corpus.jsonl, line 2: there is an entry 'a/1' before"),
        ([{"_id": "a/1"}], QRELS, "corpus.jsonl, line 1: text must be a text, found nothing"),
    ],
)
def test_what_is_wrong_with_beir_is_said(tmp_path: Path, corpus: list[Any], qrels: str, says: str) -> None:
    folder = write_beir(tmp_path / "mini", corpus, qrels)
    with pytest.raises(UsageError) as error:
        load(folder, tmp_path / "cache")
    assert says in str(error.value)
    assert [*(tmp_path / "cache").iterdir()] == []


def test_beir_without_a_test_split_is_refused_unless_there_is_one_alone(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "mini")
    (folder / "qrels/test.tsv").rename(folder / "qrels/dev.tsv")
    assert len(load(folder, tmp_path / "cache").questions) == 2
    (folder / "qrels/train.tsv").write_text(QRELS)
    with pytest.raises(UsageError, match="wanted qrels/test.tsv, found dev.tsv, train.tsv"):
        load(folder, tmp_path / "cache")


def page(colour: str = "white", kind: str = "PNG") -> dict[str, Any]:
    buffer = io.BytesIO()
    Image.new("RGB", (200, 100), colour).save(buffer, kind)
    return {"bytes": buffer.getvalue(), "path": None}


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def test_the_first_vidore_has_each_question_with_its_page(tmp_path: Path) -> None:
    rows = [
        {"query": "What rises?", "image": page("red"), "image_filename": "in/x.jpg", "answer": "Prices"},
        {"query": "What falls?", "image": page("red"), "image_filename": "in/x.jpg", "answer": None},
        {"query": None, "image": page("blue", "BMP"), "image_filename": "in/y.jpg", "answer": None},
        {
            "query": "Was steigt und was fällt?",
            "image": page("blue", "JPEG"),
            "image_filename": None,
            "answer": None,
        },
    ]
    write_table(tmp_path / "docs.parquet", rows)
    dataset = load(tmp_path / "docs.parquet", tmp_path / "cache")
    assert [(one.id, one.gold, one.answers) for one in dataset.questions] == [
        ("1", (Gold("x.png", 1),), ("Prices",)),
        ("2", (Gold("x.png", 1),), ()),
        ("4", (Gold("4.jpg", 1),), ()),
    ]
    assert [one.language for one in dataset.questions] == ["en", "en", "de"]
    assert sorted(path.name for path in dataset.corpus.iterdir()) == ["4.jpg", "x.png", "y.png"]
    with Image.open(dataset.corpus / "y.png") as picture:
        assert picture.getpixel((0, 0)) == (0, 0, 255)


def write_second(folder: Path, qrels: list[dict[str, Any]] | None = None) -> Path:
    write_table(
        folder / "corpus/test-0.parquet", [{"corpus-id": number, "image": page()} for number in (7, 8)]
    )
    write_table(
        folder / "queries/test-0.parquet", [{"query-id": 1, "query": "What rises?", "language": "english"}]
    )
    judged = [{"query-id": 1, "corpus-id": 8, "score": 2}] if qrels is None else qrels
    write_table(folder / "qrels/test-0.parquet", judged)
    write_table(folder / "qrels/train-0.parquet", [{"query-id": 1, "corpus-id": 7, "score": 1}])
    write_table(folder / "docs/test-0.parquet", [{"file": "a.pdf"}])
    return folder


def test_the_second_vidore_has_tables(tmp_path: Path) -> None:
    dataset = load(write_second(tmp_path / "second"), tmp_path / "cache")
    (question,) = dataset.questions
    assert (question.id, question.language, question.gold) == ("1", "en", (Gold("8.png", 1, 2),))
    assert sorted(path.name for path in dataset.corpus.iterdir()) == ["7.png", "8.png"]


def test_the_third_vidore_knows_documents_kinds_and_boxes(tmp_path: Path) -> None:
    corpus = [
        {"corpus_id": 10 * document + number, "image": page(), "doc_id": f"d{document}",
         "markdown": "words", "page_number_in_doc": number}
        for document in range(7) for number in range(2)
    ]  # fmt: skip
    asked = {
        "language": "french",
        "content_type": ["Chart"],
        "answer": "Yes.",
        "raw_answers": ["Yes.", "It does"],
    }
    queries = [
        {"query_id": number, "query": "Does it rise?", **asked}
        | ({"content_type": ["Text", "Table"]} if number else {})
        for number in range(8)
    ]
    box = {"annotator": 0, "x1": 50, "y1": 25, "x2": 100, "y2": 75}
    qrels = [
        {"query_id": number, "corpus_id": 10 * (number % 7) + 1, "score": 1, "bounding_boxes": [box]}
        for number in range(8)
    ]
    for name, rows in (("corpus", corpus), ("queries", queries), ("qrels", qrels)):
        write_table(tmp_path / f"third/{name}/test-00000-of-00001.parquet", rows)
    dataset = load(tmp_path / "third", tmp_path / "cache")
    first, *others = dataset.questions
    assert first.gold == (Gold("d0.pages/0002.png", 1, 1, (BBox(0.25, 0.25, 0.5, 0.75),)),)
    assert (first.kind, first.language, first.answers) == ("chart", "fr", ("Yes.", "It does"))
    assert others[0].kind == "mixed"
    units, what = documents_of(dataset.questions)
    assert (units.tolist(), what) == ([0, 1, 2, 3, 4, 5, 6, 0], "documents")


def test_tables_of_texts_are_read_as_beir_is(tmp_path: Path) -> None:
    write_table(tmp_path / "t/corpus/test.parquet", [{"_id": "a", "title": "Mills", "text": "They grind."}])
    write_table(tmp_path / "t/queries/test.parquet", [{"_id": "q", "text": "What grinds?"}])
    write_table(tmp_path / "t/data/test.parquet", [{"query-id": "q", "corpus-id": "a", "score": 1.0}])
    dataset = load(tmp_path / "t", tmp_path / "cache")
    assert dataset.questions[0].gold == (Gold("a.txt", 0),)
    assert (dataset.corpus / "a.txt").read_text() == "Mills\n\nThey grind.\n"


@pytest.mark.parametrize(
    ("qrels", "says"),
    [
        ([{"query-id": 1, "corpus-id": 9, "score": 1}], "row 1: there is no page '9' in the corpus"),
        (
            [{"query-id": 2, "corpus-id": 8, "score": 1}],
            "row 1: the query '2' is not among the queries",
        ),
        ([{"query-id": 1, "corpus-id": None, "score": 1}], "row 1: there is no corpus id"),
        ([{"query-id": 1, "corpus-id": 8, "score": None}], "row 1: a grade is a number, found None"),
    ],
)
def test_what_is_wrong_with_tables_is_said(tmp_path: Path, qrels: list[dict[str, Any]], says: str) -> None:
    folder = write_second(tmp_path / "second", qrels)
    with pytest.raises(UsageError) as error:
        load(folder, tmp_path / "cache")
    assert says in str(error.value)


def test_tables_that_make_no_dataset_are_refused(tmp_path: Path) -> None:
    write_table(tmp_path / "t/corpus/test.parquet", [{"corpus-id": 1, "image": page()}])
    with pytest.raises(
        UsageError,
        match=r"wanted .* columns query and image, or the tables .*; there is no queries and no qrels: "
        r"test.parquet has corpus-id, image$",
    ):
        load(tmp_path / "t", tmp_path / "cache")
    (tmp_path / "t/corpus/test.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(UsageError, match="can't be read as a parquet file"):
        load(tmp_path / "t", tmp_path / "cache")


@pytest.mark.parametrize(
    "image", [{"bytes": b"GIF89a broken", "path": None}, {"bytes": None, "path": "x.png"}]
)
def test_pages_without_a_picture_are_named(tmp_path: Path, image: dict[str, Any]) -> None:
    write_table(tmp_path / "x.parquet", [{"query": "What?", "image": image}])
    with pytest.raises(UsageError, match="row 1: the page"):
        load(tmp_path / "x.parquet", tmp_path / "cache")


def test_without_pyarrow_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_table(tmp_path / "x.parquet", [{"query": "What?"}])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mmrag\[bench\]'"):
        load(tmp_path / "x.parquet", tmp_path / "cache")


@pytest.mark.parametrize(
    "name", ["a b", "a/b", "..", ".x", "", "水" * 200, "x" * 300, "x" * 299 + "y", "a#1", "%2E"]
)
def test_names_of_files_are_plain_and_differ(name: str) -> None:
    made = file_name(name)
    assert 0 < len(made) <= 100
    assert not set(made) & set("/\\#\0")
    assert not made.startswith(".")
    assert [
        other for other in ("x" * 300, "a/c", "2E", ".") if other != name and file_name(other) == made
    ] == []


def test_the_cache_is_the_users(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "mmrag/datasets"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somebody")
    assert cache_folder() == Path("/somebody/.cache/mmrag/datasets")


Asked = list[tuple[str, str | None]]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Asked:
    """A hub that has one dataset, and what it was asked for."""
    asked: Asked = []

    def snapshot_download(
        name: str, *, repo_type: str, revision: str | None, allow_patterns: list[str]
    ) -> str:
        asked.append((name, revision))
        if name == "some/thing":
            return str(write_second(tmp_path / "snapshot"))
        if name == "some/where":
            raise ConnectionError("no route\nto host")
        raise errors.RepositoryNotFoundError("404", response=Response())  # type: ignore[arg-type]

    class Response:
        headers: dict[str, str] = {}  # noqa: RUF012
        request = None
        status_code = 404

    monkeypatch.setattr("huggingface_hub.snapshot_download", snapshot_download)
    monkeypatch.delenv("MMRAG_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return asked


def test_a_dataset_of_the_hub_is_fetched_once(
    hub: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = load("some/thing@v1", tmp_path / "cache")
    assert (dataset.name, len(dataset.questions)) == ("some/thing@v1", 1)
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    assert load("some/thing@v1", tmp_path / "cache") == dataset
    assert hub == [("some/thing", "v1")]
    with pytest.raises(UsageError, match="some/thing@v2 is not on this machine, and MMRAG_OFFLINE"):
        load("some/thing@v2", tmp_path / "cache")


def test_what_the_hub_does_not_give_is_said(hub: Asked, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"the hub has no dataset no/such, or it is private"):
        load("no/such", tmp_path / "cache")
    with pytest.raises(UsageError, match=r"some/where could not be fetched \(no route\): check the network"):
        load("some/where", tmp_path / "cache")
    with pytest.raises(UsageError, match="there is no dataset ./no/such"):
        load("./no/such", tmp_path / "cache")


@pytest.mark.parametrize(
    ("about", "picture"),
    [
        ("corpus: ../private\n", None),
        ("corpus: {private}\n", None),
        ("corpus: docs/../../private\n", None),
        ("corpus: docs\n", "../private/a.png"),
        ("corpus: docs\n", "{private}/a.png"),
    ],
)
def test_a_dataset_of_the_hub_names_nothing_of_this_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, about: str, picture: str | None
) -> None:
    private, folder = tmp_path / "private", tmp_path / "snapshot"
    for corpus in (private, folder / "docs"):
        corpus.mkdir(parents=True)
        (corpus / "a.md").write_text("# A\n\nA diary.\n")
    asked = {"id": "1", "text": "What?", "doc": "a.md"}
    if picture is not None:
        asked["picture"] = picture.format(private=private)
    (folder / "queries.jsonl").write_text(json.dumps(asked))
    (folder / "dataset.yaml").write_text(about.format(private=private))
    monkeypatch.setattr("huggingface_hub.snapshot_download", lambda *_, **__: str(folder))
    monkeypatch.delenv("MMRAG_OFFLINE", raising=False)
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with pytest.raises(UsageError, match="some/thing of the hub names .*private.* none of its own files"):
        load("some/thing", tmp_path / "cache")
    assert load(folder).questions  # one's own may
