"""Everything that is wrong or doubtful in a dataset's files is said at once, by file and line."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from mmrag.benchmark.datasets import documents, load
from mmrag.errors import DatasetError, UsageError
from mmrag.types import BBox

GOOD = {"id": "good", "text": "Why?", "doc": "a.pdf", "pages": [1]}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dataset without questions: a PDF with two pages of 200 × 400 points, and a text in a folder."""
    (tmp_path / "corpus/deep").mkdir(parents=True)
    with pymupdf.open() as document:
        document.new_page(width=200, height=400)
        document.new_page(width=200, height=400)
        document.save(tmp_path / "corpus/a.pdf")
    (tmp_path / "corpus/deep/Notes.md").write_text("words")
    return tmp_path


def write(folder: Path, *questions: dict[str, Any] | str, qrels: str | None = None) -> Path:
    lines = [each if isinstance(each, str) else json.dumps(each) for each in questions]
    (folder / "queries.jsonl").write_text("\n".join(lines), encoding="utf-8")
    if qrels is not None:
        (folder / "qrels.tsv").write_text(qrels, encoding="utf-8")
    return folder


def faults(folder: Path) -> list[str]:
    """What is wrong, without the folder."""
    with pytest.raises(DatasetError) as error:
        load(folder)
    assert "\n" not in str(error.value)
    return [fault.removeprefix(f"{folder}/") for fault in error.value.faults]


def boxed(*corners: object, key: str = "bbox", page: int = 1) -> dict[str, Any]:
    return {**GOOD, "bbox": [{"page": page, key: list(corners)}]}


def test_all_faults_of_all_files_are_said_in_the_order_of_their_lines(folder: Path) -> None:
    write(
        folder,
        {"id": "1", "text": " ", "doc": "b.pdf", "pages": [1]},
        "{broken",
        GOOD,
        {"id": "2", "text": "Why?", "doc": "a.pdf", "pages": [1, 3, 9]},
        {**GOOD, "lang": 3.5, "accepted": "so"},
        "[]",
        {"id": "x y", "text": 7, "doc": "a.pdf", "pages": "1"},
        qrels="good\t0\ta.pdf#1\t1\nnobody\t0\ta.pdf#1\t1\ngood\ta.pdf#7\t1\ngood\t0\ta.pdf#2\tfine\n1 2\n",
    )
    assert faults(folder) == [
        "qrels.tsv, line 3: a.pdf has no page 7, it has 2; pages count from 1",
        "qrels.tsv, line 4: a grade is a whole number, found 'fine'",
        "qrels.tsv, line 5: wanted query, 0, file#page and grade with tabs between, found '1 2'",
        "queries.jsonl, line 1: question '1' asks nothing: give it a text or a picture",
        f"queries.jsonl, line 1: there is no document 'b.pdf' in {folder}/corpus; did you mean 'a.pdf'?",
        "queries.jsonl, line 2: not JSON (Expecting property name enclosed in double quotes at letter 2); "
        "each line must be one object",
        "queries.jsonl, line 4: a.pdf has no page 3, it has 2; pages count from 1",
        "queries.jsonl, line 4: a.pdf has no page 9, it has 2; pages count from 1",
        "queries.jsonl, line 5: lang must be a text, found 3.5",
        "queries.jsonl, line 5: accepted must be a list of texts, found 'so'",
        "queries.jsonl, line 5: there is a question 'good' before",
        "queries.jsonl, line 6: must be a JSON object, found list",
        "queries.jsonl, line 7: an id must be one word, as the columns of run files are, found 'x y'",
        "queries.jsonl, line 7: pages must be a list of page numbers, found '1'",
        f"qrels.tsv, line 2: there is no question 'nobody' in {folder}/queries.jsonl",
    ]


def test_the_message_names_twenty_and_counts_the_rest(folder: Path) -> None:
    write(folder, *({**GOOD, "id": str(number), "pages": [9]} for number in range(33)))
    with pytest.raises(DatasetError) as error:
        load(folder)
    assert len(error.value.faults) == 33
    assert str(error.value).startswith(f"33 faults in {folder}: {folder}/queries.jsonl, line 1: a.pdf has no")
    assert str(error.value).count("has no page 9") == 20
    assert str(error.value).endswith("; and 13 more")


def test_a_number_too_long_to_be_a_page_is_part_of_a_name(folder: Path) -> None:
    write(folder, GOOD, qrels=f"good\t0\ta.pdf#{'9' * 5000}\t1\n")
    (fault,) = faults(folder)
    assert fault.startswith("qrels.tsv, line 1: there is no document 'a.pdf#999")
    assert len(fault) < 300


def test_a_file_about_the_dataset_that_is_nested_too_deeply_is_refused(folder: Path) -> None:
    write(folder, GOOD)
    (folder / "dataset.yaml").write_text("[" * 5_000, encoding="utf-8")
    with pytest.raises(UsageError, match=r"dataset\.yaml can't be read"):
        load(folder)


@pytest.mark.parametrize("key", ["corpus", "queries", "qrels"])
def test_a_name_too_long_for_a_file_is_refused(folder: Path, key: str) -> None:
    write(folder, GOOD)
    (folder / "dataset.yaml").write_text(f"{key}: {'x' * 5000}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=rf"{key} is no path that can be read \(File name too long\): 'xxx"):
        load(folder)


def test_a_document_that_is_called_otherwise_is_named(folder: Path) -> None:
    write(folder, {**GOOD, "doc": "notes.md"}, {**GOOD, "id": "2", "doc": "deep\\Notes.md"})
    assert [fault.partition("; ")[2] for fault in faults(folder)] == ["did you mean 'deep/Notes.md'?"] * 2


def test_what_has_no_gold_because_its_page_is_wrong_is_told_of_the_page_alone(folder: Path) -> None:
    write(folder, {**GOOD, "pages": [5], "bbox": [{"page": 5, "bbox": [1, 1, 9, 9]}]}, qrels=None)
    assert len(faults(folder)) == 1
    write(folder, GOOD, qrels="good\t0\ta.pdf#5\t1\n")
    assert faults(folder) == ["qrels.tsv, line 1: a.pdf has no page 5, it has 2; pages count from 1"]


ON = "on page 1 of a.pdf, which is 200 × 400,"
OFF = "lies off the page: boxes are x0, y0, x1, y1 from its top left corner"
NO_BOX = "is not four numbers, x0, y0, x1, y1"
IN_FRACTIONS = '"fractions" are shares of the page from 0 to 1, found'
IN_POINTS = '"bbox" is in PDF points (pixels of a picture), found'


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (
            boxed(50, 100, 200, 400, key="fractions"),
            f"{IN_FRACTIONS} [50, 100, 200, 400]: if these are PDF points (pixels of a picture), call them "
            '"bbox"',
        ),
        (
            boxed(0.1, 0.2, 0.5, 1),
            f'{IN_POINTS} [0.1, 0.2, 0.5, 1]: if these are shares of the page, call them "fractions"',
        ),
        (boxed(300, 10, 350, 20), f"the box [300, 10, 350, 20] {ON} {OFF}"),
        (boxed(-50, 10, -3, 20), f"the box [-50, 10, -3, 20] {ON} {OFF}"),
        (
            boxed(0.1, 1.2, 0.5, 1.4, key="fractions"),
            f"the box [0.1, 1.2, 0.5, 1.4] on page 1 of a.pdf {OFF}",
        ),
        (boxed(1, 2, 3), f"the box [1, 2, 3] {ON} {NO_BOX}"),
        (boxed(1, 2, 3, "4", key="fractions"), f"the box [1, 2, 3, '4'] on page 1 of a.pdf {NO_BOX}"),
        (boxed(1, 2, 3, True), f"the box [1, 2, 3, True] {ON} {NO_BOX}"),
        (boxed(1, 2, 3, float("nan")), f"the box [1, 2, 3, nan] {ON} {NO_BOX}"),
        (boxed(1, 2, 3, 9, page=4), "a.pdf has no page 4, it has 2; pages count from 1"),
        (boxed(1, 2, 3, 9, page=2), "a box is on page 2 of a.pdf, which is no gold"),
    ],
)
def test_boxes_that_can_be_none_are_refused(folder: Path, question: dict[str, Any], says: str) -> None:
    assert faults(write(folder, question)) == [f"queries.jsonl, line 1: {says}"]


@pytest.mark.parametrize(
    ("question", "box", "says"),
    [
        (
            boxed(150, 300, 250, 500),
            BBox(0.75, 0.75, 1, 1),
            f"the box [150, 300, 250, 500] {ON} reaches over the edge of the page and is cut off there",
        ),
        (
            boxed(-0.2, 0, 0.5, 1, key="fractions"),
            BBox(0, 0, 0.5, 1),
            "the box [-0.2, 0, 0.5, 1] on page 1 of a.pdf reaches over the edge of the page and is cut off "
            "there",
        ),
        (
            boxed(100, 200, 50, 100),
            BBox(0.25, 0.25, 0.5, 0.5),
            "the corners [100, 200, 50, 100] are put in order; if they are x, y, width and height, give "
            "x, y, x + width, y + height",
        ),
    ],
)
def test_doubtful_boxes_are_taken_and_told(
    folder: Path, question: dict[str, Any], box: BBox, says: str
) -> None:
    write(folder, GOOD | {"id": "first"}, question)
    told: list[str] = []
    dataset = load(folder, on_warning=told.append)
    assert dataset.questions[1].gold[0].boxes == (box,)
    assert told == [f"{folder}/queries.jsonl, line 2: {says}"]
    with pytest.warns(UserWarning, match="queries.jsonl, line 2: the"):
        load(folder)


@pytest.mark.parametrize(
    "corners", [(0, 0, 200.9, 400), (-0.9, 0, 10, 10), (0, 0, 0, 0), (200, 400, 200, 400)]
)
def test_rounded_corners_and_points_are_no_matter(folder: Path, corners: tuple[float, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(write(folder, boxed(*corners)))


@pytest.mark.parametrize(
    "qrels",
    [
        "good\t0\ta.pdf#2\t1\n",
        "good\ta.pdf#2\t1\n",
        "good 0 a.pdf#2 1\n",
        "good a.pdf#2 1\n",
        "query-id\tcorpus-id\tscore\ngood\ta.pdf#2\t1\n",
        "query_id\titeration\tdoc_id\trelevance\ngood\tQ0\ta.pdf#2\t1\n",
        "\ufeffquery-id\tcorpus-id\tscore\r\ngood\ta.pdf#2 \t1\r\n",
        "good\t0\ta.pdf#2\t1\ngood\t0\ta.pdf#2\t1\n",
    ],
)
def test_judgements_of_trec_and_of_beir_are_read(folder: Path, qrels: str) -> None:
    write(folder, GOOD, qrels=qrels)
    (gold,) = load(folder).questions[0].gold
    assert (gold.file, gold.page, gold.grade) == ("a.pdf", 2, 1)


@pytest.mark.parametrize(
    ("qrels", "says"),
    [
        (
            "good\t0\ta.pdf#2\t1\ngood\t0\ta.pdf#2\t3\n",
            ["line 2: 'a.pdf#2' is judged 3 for 'good', and 1 before"],
        ),
        (
            "good 0 my notes.md#1 1\n",
            ["line 1: wanted query, 0, file#page and grade with tabs between, found 'good 0 my notes.md"],
        ),
        (
            "a.pdf#2\t0\tgood\t1\n",
            [
                "line 1: there is no document 'good' in {}/corpus",
                "line 1: there is no question 'a.pdf#2' in {}",
            ],
        ),
    ],
)
def test_judgements_that_are_none_are_told(folder: Path, qrels: str, says: list[str]) -> None:
    write(folder, GOOD, qrels=qrels)
    found = faults(folder)
    assert len(found) == len(says)
    for fault, said in zip(found, says, strict=True):
        assert fault.startswith(f"qrels.tsv, {said.format(folder)}")


def test_a_corpus_without_documents_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    write(tmp_path, GOOD, {**GOOD, "id": "2"})
    with pytest.raises(UsageError, match=r"there are no documents in .*corpus: put those there"):
        load(tmp_path)


@pytest.mark.parametrize("line", ['{"a":' * 100_000, '{"id": ' + "1" * 5000 + "}"])
def test_json_beyond_reading_is_a_fault_as_well(folder: Path, line: str) -> None:
    (fault,) = faults(write(folder, GOOD, line))
    assert fault.startswith("queries.jsonl, line 2: not JSON that can be read (")


def test_long_values_are_shortened(folder: Path) -> None:
    write(folder, {**GOOD, "accepted": "so " * 500})
    (fault,) = faults(folder)
    assert len(fault) < 250
    assert fault.endswith("…")


def test_documents_are_found_whatever_the_questions_are_like(folder: Path, tmp_path: Path) -> None:
    assert documents(write(folder, "{broken")) == folder / "corpus"
    assert documents(folder / "corpus") == folder / "corpus"
    (folder / "corpus/stray.parquet").write_bytes(b"no table")
    assert documents(folder / "corpus") == folder / "corpus"


def test_one_document_is_a_corpus(folder: Path) -> None:
    (folder / "dataset.yaml").write_text("corpus: corpus/deep/Notes.md\n")
    dataset = load(write(folder, {"id": "1", "text": "Why?", "doc": "Notes.md"}))
    assert dataset.corpus == folder / "corpus/deep/Notes.md"
    assert faults(write(folder, GOOD)) == [
        f"queries.jsonl, line 1: there is no document 'a.pdf' in {folder}/corpus/deep/Notes.md"
    ]
