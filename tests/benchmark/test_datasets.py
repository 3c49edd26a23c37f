from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mmrag.benchmark.datasets import load, save
from mmrag.benchmark.values import Dataset, Gold, Question
from mmrag.errors import UsageError
from mmrag.types import BBox
from tests.conftest import EXAMPLES


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two PDFs (a rotated page in one), a picture that its EXIF turns, and a text."""
    folder = tmp_path_factory.mktemp("documents")
    (folder / "deep").mkdir()
    with pymupdf.open() as document:
        document.new_page(width=200, height=400)
        document.new_page(width=200, height=400).set_rotation(90)
        document.save(folder / "a.pdf")
    with pymupdf.open() as document:
        document.new_page(width=100, height=100)
        document.save(folder / "deep/b #2.pdf")
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (40, 20)).save(folder / "c.jpg", exif=turned)
    (folder / "d.md").write_text("words")
    return folder


Write = Any


@pytest.fixture
def write(tmp_path: Path, documents: Path) -> Write:
    """Writes a dataset over these documents from questions and lines of qrels."""

    def written(*questions: dict[str, Any], qrels: str | None = None) -> Path:
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        (tmp_path / "queries.jsonl").write_text(lines)
        (tmp_path / "dataset.yaml").write_text(f"corpus: {documents}\n")
        if qrels is not None:
            (tmp_path / "qrels.tsv").write_text(qrels)
        return tmp_path

    return written


def asked(**fields: Any) -> dict[str, Any]:
    return {"id": "1", "text": "Why?", "doc": "a.pdf", "pages": [1], **fields}


def test_a_question_with_everything(write: Write) -> None:
    box = {"page": 1, "bbox": [50, 100, 200, 400]}
    folder = write(asked(lang="fr", kind="figure", bbox=[box], answer="Because.", accepted=["so"]))
    (question,) = load(folder).questions
    gold = Gold("a.pdf", 1, boxes=(BBox(0.25, 0.25, 1, 1),))
    assert question == Question("1", "Why?", (gold,), "fr", "figure", ("Because.", "so"))


def test_the_least_that_a_question_needs(write: Write) -> None:
    (question,) = load(write({"id": 7, "text": "Why?", "doc": "a.pdf", "pages": [2, 1]})).questions
    assert question == Question("7", "Why?", (Gold("a.pdf", 2), Gold("a.pdf", 1)))


def test_a_document_without_pages_is_gold_as_a_whole(write: Write) -> None:
    (question,) = load(write({"id": "1", "text": "Why?", "doc": "d.md"})).questions
    assert question.gold == (Gold("d.md", 0),)


def test_boxes_are_of_pages_as_shown(write: Write) -> None:
    upright = {"page": 2, "bbox": [100, 50, 200, 100]}
    turned = {"page": 1, "doc": "c.jpg", "bbox": [0, 0, 10, 40]}
    asks = asked(pages=[2], bbox=[upright, turned])
    (question,) = load(write(asks, qrels="1\t0\ta.pdf#2\t1\n1\t0\tc.jpg#1\t2\n")).questions
    assert question.gold == (
        Gold("a.pdf", 2, 1, (BBox(0.25, 0.25, 0.5, 0.5),)),
        Gold("c.jpg", 1, 2, (BBox(0, 0, 0.5, 1),)),
    )


def test_qrels_say_what_is_gold(write: Write) -> None:
    qrels = "1\t0\tdeep/b #2.pdf#1\t3\n\n1\t0\ta.pdf#2\t0\n2\t0\td.md\t1\n"
    first, second, third = load(write(asked(), asked(id="2"), asked(id="3"), qrels=qrels)).questions
    assert first.gold == (Gold("deep/b #2.pdf", 1, 3),)
    assert second.gold == (Gold("d.md", 0),)
    assert third.gold == (Gold("a.pdf", 1),)


def test_a_corpus_beside_the_questions_needs_no_dataset_yaml(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus/x.txt").write_text("words")
    (tmp_path / "queries.jsonl").write_text('{"id": "1", "text": "Why?", "doc": "x.txt"}')
    found = load(tmp_path)
    assert (found.name, found.corpus, found.note) == (tmp_path.name, tmp_path.resolve() / "corpus", "")


@pytest.mark.parametrize(
    ("questions", "qrels", "says"),
    [
        ([asked(), asked()], None, "queries.jsonl, line 2: there is a question '1' before"),
        ([asked(text=None)], None, "line 1: text must be a text, found nothing"),
        ([asked(text=["x"])], None, "line 1: text must be a text, found ['x']"),
        ([asked(), asked(id="2", doc="x.pdf")], None, "line 2: there is no document 'x.pdf' in"),
        ([asked(text=" ")], None, "line 1: question '1' asks nothing: give it a text or a picture"),
        ([asked(pages=[3])], None, "line 1: a.pdf has no page 3, it has 2; pages count from 1"),
        ([asked(pages=[1, 0])], None, "line 1: a.pdf has no page 0; pages count from 1"),
        ([asked(page=[1], pages=None)], None, "line 1: there is no field 'page'; did you mean 'pages'?"),
        (
            [asked(question="x", text=None)],
            None,
            "line 1: there is no field 'question'; did you mean 'text'?",
        ),
        (
            [asked(id="a b")],
            None,
            "line 1: an id must be one word, as the columns of run files are, found 'a b'",
        ),
        ([asked(id="")], None, "line 1: an id must be one word"),
        ([asked()], "1\t0\ta.pdf#0\t1\n", "qrels.tsv, line 1: a.pdf has no page 0; pages count from 1"),
        ([asked(pages=["1"])], None, "line 1: pages must be a list of page numbers, found ['1']"),
        ([asked(doc=None)], None, "line 1: question '1' has no gold: give doc and pages, or judge it"),
        ([asked()], "1\t0\ta.pdf#1\t0\n", "line 1: question '1' has no gold"),
        ([asked()], "1\t0\ta.pdf#9\t1\n", "qrels.tsv, line 1: a.pdf has no page 9, it has 2"),
        ([asked()], "1\t0\ta.pdf#1\t1\n1\t0\tx#1\t1\n", "qrels.tsv, line 2: there is no document 'x' in"),
        ([asked()], "1\t0\ta.pdf#1\tgood\n", "line 1: a grade is a whole number, found 'good'"),
        ([asked()], "1\ta.pdf\n", "line 1: wanted query, 0, file#page and grade with tabs between"),
        ([asked()], "2\t0\ta.pdf#1\t1\n", "qrels.tsv, line 1: there is no question '2' in"),
        ([asked(bbox=[{"page": 2, "bbox": [0, 0, 9, 9]}])], None, "a box is on page 2 of a.pdf, which is no"),
        (
            [asked(bbox=[{"page": 1, "bbox": [0, 0, 1]}])],
            None,
            "the box [0, 0, 1] on page 1 of a.pdf, which is 200 × 400, is not four numbers",
        ),
        (
            [asked(bbox=[{"bbox": [0, 0, 1, 1]}])],
            None,
            "a box needs the number of its page in a document, found {'bbox'",
        ),
        ([asked(bbox={})], None, None),
        ([asked(bbox=[1])], None, "bbox must be a list of objects with page and bbox, found [1]"),
        (
            [asked(doc="d.md", bbox=[{"page": 1, "bbox": [0, 0, 1, 1]}])],
            None,
            "the size of page 1 of d.md can",
        ),
        ([asked(accepted="so")], None, "accepted must be a list of texts, found 'so'"),
        ([], None, "there are no questions in"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    write: Write, questions: list[dict[str, Any]], qrels: str | None, says: str | None
) -> None:
    folder = write(*questions, qrels=qrels)
    if says is None:
        assert load(folder).questions
        return
    with pytest.raises(UsageError) as error:
        load(folder)
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("queries.jsonl", b'{"id": "1"\n', "queries.jsonl, line 1: not JSON"),
        ("queries.jsonl", b"\n[1]\n", "queries.jsonl, line 2: must be a JSON object, found list"),
        ("queries.jsonl", b'{"id": "\xff"}', "queries.jsonl is not UTF-8 text"),
        ("dataset.yaml", b"corpsu: docs", "dataset.yaml: there is no key 'corpsu', only name, note, corpus"),
        ("dataset.yaml", b"- 1", "dataset.yaml must hold keys with texts"),
        ("dataset.yaml", b"a: [", "dataset.yaml can't be read"),
        ("dataset.yaml", b"corpus: nowhere", "there is no folder"),
    ],
)
def test_broken_files_are_named(write: Write, name: str, content: bytes, says: str) -> None:
    folder = write(asked())
    (folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=r"^[^\n]*$") as error:
        load(folder)
    assert says in str(error.value)


def test_places_without_a_dataset_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no dataset"):
        load(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="is empty. A dataset has documents in .*corpus and questions in"):
        load(tmp_path)


def test_a_byte_order_mark_and_foreign_line_ends_do_no_harm(write: Write) -> None:
    folder = write(asked())
    row = json.dumps(asked(text="a\u2028b"), ensure_ascii=False)
    (folder / "queries.jsonl").write_bytes(b"\xef\xbb\xbf" + row.encode() + b"\r\n")
    assert load(folder).questions[0].text == "a\u2028b"


fractions = st.integers(0, 1000).map(lambda value: value / 1000)
boxes = st.builds(
    lambda x, y: BBox(*(min(x), min(y), max(x), max(y))),
    st.tuples(fractions, fractions),
    st.tuples(fractions, fractions),
)
places = st.sampled_from(
    [("a.pdf", 1), ("a.pdf", 2), ("deep/b #2.pdf", 1), ("c.jpg", 1), ("d.md", 0), ("d.md", 1)]
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=20)


@st.composite
def questions(draw: st.DrawFn) -> tuple[Question, ...]:
    made = []
    for number in range(draw(st.integers(1, 4))):
        golds = []
        for file, page in draw(st.lists(places, min_size=1, max_size=4, unique=True)):
            drawn = draw(st.lists(boxes, max_size=2)) if page else []
            golds.append(Gold(file, page, draw(st.integers(1, 3)), tuple(drawn)))
        answers = tuple(draw(st.lists(words, max_size=3)))
        hidden = tuple(draw(st.lists(words, max_size=2)))
        made.append(
            Question(f"q{number}", draw(words), tuple(golds), draw(words), draw(words), answers, None, hidden)
        )
    return tuple(made)


@given(asks=questions(), note=words, name=words)
def test_what_is_saved_is_loaded(
    documents: Path,
    tmp_path_factory: pytest.TempPathFactory,
    asks: tuple[Question, ...],
    note: str,
    name: str,
) -> None:
    folder = tmp_path_factory.mktemp("saved") / "set"
    dataset = Dataset(name, documents, asks, note)
    save(dataset, folder)
    again = load(folder)
    assert (again.name, again.note, again.corpus) == (name, note, documents.resolve())
    for before, after in zip(asks, again.questions, strict=True):
        assert [(g.file, g.page, g.grade) for g in before.gold] == [
            (g.file, g.page, g.grade) for g in after.gold
        ]
        for gold, found in zip(before.gold, after.gold, strict=True):
            assert [box.as_tuple() for box in found.boxes] == [
                pytest.approx(box.as_tuple(), abs=5e-4) for box in gold.boxes
            ]
        assert (before.id, before.text, before.language, before.kind) == (
            after.id,
            after.text,
            after.language,
            after.kind,
        )
        assert (before.answers, before.hidden) == (after.answers, after.hidden)


def test_a_question_with_a_picture_finds_it_again(documents: Path, tmp_path: Path) -> None:
    question = Question("1", "", (Gold("a.pdf", 1),), picture=str(documents / "c.jpg"))
    save(Dataset("x", documents, (question,)), tmp_path / "set")
    (again,) = load(tmp_path / "set").questions
    assert again.picture is not None
    assert Path(again.picture).samefile(documents / "c.jpg")


def test_questions_that_are_there_are_not_written_over(documents: Path, tmp_path: Path) -> None:
    dataset = Dataset("x", documents, (Question("1", "Why?", (Gold("a.pdf", 1),)),))
    save(dataset, tmp_path)
    with pytest.raises(UsageError, match="questions in .* already"):
        save(dataset, tmp_path)


def test_damaged_documents_have_pages_that_nobody_knows(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    for name in ("x.pdf", "x.png"):
        (tmp_path / "corpus" / name).write_bytes(b"nothing")
    (tmp_path / "queries.jsonl").write_text(
        '{"id": "1", "text": "Why?", "doc": "x.pdf", "pages": [5]}\n'
        '{"id": "2", "text": "Why?", "doc": "x.png", "pages": [1],'
        ' "bbox": [{"page": 1, "fractions": [0, 0, 0.5, 1]}]}'
    )
    assert load(tmp_path).questions[1].gold[0].boxes == (BBox(0, 0, 0.5, 1),)


def test_the_examples_are_a_dataset() -> None:
    dataset = load(EXAMPLES)
    assert (dataset.name, dataset.corpus) == ("examples", EXAMPLES / "docs")
    assert len(dataset.questions) == 16
    assert all(question.answers for question in dataset.questions)
