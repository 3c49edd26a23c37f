"""What is wrong or doubtful in datasets of BEIR and ViDoRe is said at once, too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mmrag.benchmark.datasets import load
from mmrag.errors import DatasetError
from mmrag.types import BBox
from tests.benchmark.test_datasets_layouts import CORPUS, page, write_beir, write_second, write_table


def faults(place: Path) -> list[str]:
    """What is wrong, without the folder; nothing half written may be left."""
    cache = place.parent / "cache"
    with pytest.raises(DatasetError) as error:
        load(place, cache)
    assert [*cache.iterdir()] == []
    return [fault.replace(f"{place}/", "") for fault in error.value.faults]


def test_all_faults_of_beir_are_said(tmp_path: Path) -> None:
    corpus: list[dict[str, Any]] = [
        *CORPUS,
        {"_id": "水", "text": "again"},
        {"_id": "no text"},
        {"text": "no id"},
    ]
    qrels = "query-id\tcorpus-id\tscore\nq1\tb\t1\nq1\ta/1\tfine\nq7\ta/1\t1\nq7\t水\t1\nq8\ta/1\t0\n"
    folder = write_beir(tmp_path / "mini", corpus, qrels)
    with (folder / "queries.jsonl").open("a") as file:
        file.write('{"_id": "q1", "text": "again"}\n[\n')
    assert faults(folder) == [
        "corpus.jsonl, line 4: there is an entry '水' before",
        "corpus.jsonl, line 5: text must be a text, found nothing",
        "corpus.jsonl, line 6: _id must be a text, found nothing",
        "qrels/test.tsv, line 2: there is no entry 'b' in corpus.jsonl",
        "qrels/test.tsv, line 3: a grade is a whole number, found 'fine'",
        "queries.jsonl, line 4: there is a query 'q1' before",
        "queries.jsonl, line 5: not JSON (Expecting value at letter 2); each line must be one object",
        "qrels/test.tsv, line 4: there is no query 'q7' in queries.jsonl",
    ]


def test_a_judged_query_that_asks_nothing_is_a_fault(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "mini")
    queries = folder / "queries.jsonl"
    queries.write_text(queries.read_text("utf-8").replace("What grinds?", " "), encoding="utf-8")
    assert faults(folder) == ["queries.jsonl, line 1: the query 'q1' asks nothing"]


def test_all_faults_of_tables_are_said(tmp_path: Path) -> None:
    qrels = [
        {"query-id": 1, "corpus-id": 9, "score": 1},
        {"query-id": None, "corpus-id": 8, "score": 1},
        {"query-id": 5, "corpus-id": 8, "score": 1},
        {"query-id": 1, "corpus-id": 6, "score": 1},
    ]
    folder = write_second(tmp_path / "second", qrels)
    rows = [
        {"corpus-id": 8, "image": page()},
        {"corpus-id": 8, "image": page()},
        {"corpus-id": 6, "image": {"bytes": b"GIF89a broken", "path": None}},
    ]
    write_table(folder / "corpus/test-0.parquet", rows)
    write_table(folder / "queries/test-0.parquet", [{"query-id": 1, "query": "What rises?"}] * 2)
    first, second, third, *others = faults(folder)
    assert first == "corpus/test-0.parquet, row 2: there is a page '8' before"
    assert second.startswith("corpus/test-0.parquet, row 3: the page's picture can't be read: ")
    assert third == "qrels/test-0.parquet, row 1: there is no page '9' in the corpus"
    # Nothing is said of the page whose picture is broken, a second time.
    assert others == [
        "qrels/test-0.parquet, row 2: there is no query id",
        "queries/test-0.parquet, row 2: there is a query '1' before",
        "qrels/test-0.parquet, row 3: the query '5' is not among the queries",
    ]


def test_boxes_that_others_have_drawn_off_the_page_are_left_out(tmp_path: Path) -> None:
    def box(x1: Any, y1: Any, x2: Any, y2: Any) -> dict[str, Any]:
        return {"x1": x1, "y1": y1, "x2": x2, "y2": y2}

    boxes = [box(50, 25, 100, 75), box(150, 50, 250, 75), box(300, 0, 400, 50), box(None, 0, 1, 1)]
    judged = [{"query-id": 1, "corpus-id": 8, "score": 1, "bounding_boxes": boxes}]
    told: list[str] = []
    dataset = load(write_second(tmp_path / "second", judged), tmp_path / "cache", told.append)
    assert dataset.questions[0].gold[0].boxes == (BBox(0.25, 0.25, 0.5, 0.75), BBox(0.75, 0.5, 1, 0.75))
    row = f"{tmp_path}/second/qrels/test-0.parquet, row 1: the box"
    assert told == [
        f"{row} [150, 50, 250, 75] reaches over the edge of the page and is cut off there",
        f"{row} [300, 0, 400, 50] lies off the page: boxes are x0, y0, x1, y1 from its top left corner; it "
        "is left out",
        f"{row} [None, 0, 1, 1] is not four numbers, x0, y0, x1, y1; it is left out",
    ]
