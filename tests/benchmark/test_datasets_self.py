"""Questions from captions and headings, and the copy in which these can't be found."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from PIL import Image

import mmrag
from mmrag.api.builder import update
from mmrag.api.fingerprints import fingerprint
from mmrag.benchmark.datasets import hidden_copy, load, save, self_questions
from mmrag.benchmark.values import Dataset, Gold
from mmrag.config import CaptionOptions, IngestOptions, VisualOptions
from mmrag.encoders.base import PageVectors, PageView
from mmrag.errors import NotAnIndexError, UsageError
from mmrag.index.reader import Reader
from mmrag.index.store import create
from mmrag.index.writer import FileState, Writer
from mmrag.ingest.raster import encode
from mmrag.ingest.walk import hash_file
from mmrag.types import BBox, Document, Element, FileReport, Kind, Line, Page, ParsedPage, Status, to_dict
from tests.fakes import LinesEncoder

SEEN: list[np.ndarray] = []


class Looking(LinesEncoder):
    """Keeps the pictures of pages that it is shown, in grey."""

    spec = "tests.benchmark.test_datasets_self:Looking"

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        SEEN.extend(np.asarray(page.picture().convert("L")) for page in pages)
        return super().encode_pages(pages)


RECIPE = mmrag.Recipe(
    name="fake",
    strategies=("caption", "visual"),
    ingest=IngestOptions(workers=1, ocr="never", layout="never"),
    caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=("tests.fakes:LetterEncoder",)),
    visual=VisualOptions(encoders=(Looking.spec,)),
)

SAYS = "The wheel turns in the water of the river and drives a shaft of oak. " * 4
WIDTH, HEIGHT = 400.0, 500.0
HEADING = BBox(0.1, 0.1, 0.6, 0.14)
FIGURE = BBox(0.1, 0.3, 0.9, 0.6)
CAPTION_ABOVE = BBox(0.1, 0.55, 0.9, 0.6)  # its first line reaches into the box of the figure
CAPTION_BELOW = BBox(0.1, 0.61, 0.9, 0.65)


def element(name: str, kind: Kind, box: BBox, text: str, **more: object) -> Element:
    return Element(name.ljust(32, "0"), "", 1, kind, box, text, **more)  # type: ignore[arg-type]


def write_index(folder: Path, root: Path) -> None:
    """An index of one PDF, as an ingestor might have read it: a page of contents, and one with a figure."""
    root.mkdir()
    with pymupdf.open() as document:
        for _ in range(2):
            page = document.new_page(width=WIDTH, height=HEIGHT)
            page.draw_rect(page.rect, fill=(0, 0, 0))
        document.save(root / "mill.pdf")
    picture = encode(Image.new("RGB", (80, 30), "black"))
    section = ("2.1 How the mill wheel works",)
    shown = Line("x", BBox(0.1, 0.2, 0.2, 0.22))
    shown_by = {"section": section, "picture": picture.id}
    said = {"label": "drawing", "description": "A wheel"}
    caption = "Figure 1: Cut through the wheel and its shaft"
    contents = element(
        "c0", Kind.TEXT, BBox(0, 0, 1, 1), "2.1 How the mill wheel works . . 2\n3 Prices of flour . . 9"
    )
    pages = [
        ((contents,), (replace(shown, text="2.1 How the mill wheel works . . 2"), replace(shown, text="x"))),
        (
            (
                element("h0", Kind.HEADING, HEADING, "2.1 How the mill wheel works"),
                element("f0", Kind.FIGURE, FIGURE, "500 mm", caption=caption, metadata=said, **shown_by),
                element("t0", Kind.TEXT, BBox(0.1, 0.7, 0.9, 0.9), SAYS, section=section),
            ),
            (
                Line("2.1 How the mill", HEADING),
                Line("wheel works", BBox(0.1, 0.15, 0.3, 0.19)),
                Line("500 mm", BBox(0.4, 0.4, 0.5, 0.42)),
                Line("Figure 1: Cut through the", CAPTION_ABOVE),
                Line("wheel and its shaft", CAPTION_BELOW),
                Line("The wheel turns in the water", BBox(0.1, 0.7, 0.9, 0.74)),
            ),
        ),
    ]  # fmt: skip
    create(folder)
    with closing(Writer(folder)) as writer, writer.writing():
        path = root / "mill.pdf"
        document_id = hash_file(path)
        row = writer.add_document(Document(document_id, "mill.pdf", "application/pdf", page_count=2))
        writer.add_asset(picture)
        for number, (elements, lines) in enumerate(pages, 1):
            page = Page(document_id, number, WIDTH, HEIGHT)
            at = writer.add_page(row, ParsedPage(page, elements, lines=lines), "words")
            for order, one in enumerate(elements):
                writer.add_element(row, at, replace(one, order=order), "words")
        about, report = path.stat(), FileReport("mill.pdf", Status.INDEXED, pages=2)
        writer.put_file(FileState(about.st_size, about.st_mtime_ns, document_id, report))
        writer.set("root", str(root))
        writer.set("recipe", to_dict(RECIPE))
        writer.set("fingerprint", fingerprint(RECIPE, ()))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_index(tmp_path / "source", tmp_path / "docs")
    return tmp_path / "source"


@pytest.fixture
def dataset(source: Path) -> Dataset:
    with mmrag.open(source) as index:
        return self_questions(index)


def test_captions_and_headings_become_questions(dataset: Dataset, tmp_path: Path) -> None:
    figure, heading = dataset.questions
    assert (figure.text, figure.kind, figure.language) == (
        "Cut through the wheel and its shaft",
        "figure",
        "en",
    )
    assert figure.gold == (Gold("mill.pdf", 2, boxes=(FIGURE,)),)
    assert figure.hidden == ("f0".ljust(32, "0"),)
    assert (heading.text, heading.kind) == ("How the mill wheel works", "text")
    assert heading.gold == (Gold("mill.pdf", 2),)
    assert dataset.corpus == tmp_path / "docs"
    assert "headings" in dataset.note


def test_the_words_are_gone_from_the_copy(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    hidden_copy(source, dataset, tmp_path / "copy")
    with closing(Reader(tmp_path / "copy")) as copy:
        (contents,) = copy.page_elements("mill.pdf", 1)
        assert contents.text == "3 Prices of flour . . 9"
        assert [line.text for line in copy.lines("mill.pdf", 1)] == ["x"]
        figure, text = copy.page_elements("mill.pdf", 2)
        assert (figure.text, figure.caption, figure.section, figure.metadata) == ("500 mm", "", (), {})
        assert (text.text, text.section) == (SAYS, ())
        assert [line.text for line in copy.lines("mill.pdf", 2)] == ["500 mm", "The wheel turns in the water"]
        words = copy.connection.execute("SELECT terms FROM page_terms ORDER BY rowid").fetchall()
        assert [set(terms.split()) & {"cut", "mill"} for (terms,) in words] == [set(), set()]
    with closing(Reader(source)) as before:
        assert before.page_elements("mill.pdf", 2)[1].caption


def test_where_the_words_stood_pictures_are_blank(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    hidden_copy(source, dataset, tmp_path / "copy")
    with closing(Reader(tmp_path / "copy")) as copy:
        figure, _ = copy.page_elements("mill.pdf", 2)
        assert figure.picture is not None
        with Image.open(copy.asset(figure.picture)) as picture:
            assert picture.size == (80, 30)
            assert picture.convert("L").getpixel((40, 10)) == 0
            assert picture.convert("L").getpixel((40, 28)) == 255
    SEEN.clear()
    report = update(tmp_path / "copy", tmp_path / "docs", RECIPE)
    assert [file.status for file in report.files] == [Status.UNCHANGED]
    _, second = SEEN
    height, width = second.shape
    for box, shade in (
        (HEADING, 255),
        (CAPTION_ABOVE, 255),
        (CAPTION_BELOW, 255),
        (BBox(0.1, 0.7, 0.9, 0.9), 0),
    ):
        middle = int((box.y0 + box.y1) / 2 * height), int((box.x0 + box.x1) / 2 * width)
        assert second[middle] == shade


def test_an_ordinary_index_has_nothing_blank(source: Path, tmp_path: Path) -> None:
    SEEN.clear()
    update(source, tmp_path / "docs", RECIPE)
    assert [int(page.max()) for page in SEEN] == [0, 0]


def test_nothing_is_found_by_its_own_caption(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    hidden_copy(source, dataset, tmp_path / "copy")
    for folder in (source, tmp_path / "copy"):
        update(folder, tmp_path / "docs", RECIPE)
    with closing(Reader(tmp_path / "copy")) as copy:
        snippets = " ".join(said for (said,) in copy.connection.execute("SELECT snippet FROM chunks"))
        said = copy.connection.execute("SELECT metadata FROM elements WHERE kind = 'figure'").fetchone()
    assert "Cut through" not in snippets
    assert "mill" not in snippets
    assert "A picture of" in said[0]


def test_a_saved_dataset_still_knows_what_it_hides(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    save(dataset, tmp_path / "set")
    again = load(tmp_path / "set")
    hidden_copy(source, again, tmp_path / "copy")
    with closing(Reader(tmp_path / "copy")) as copy:
        assert copy.page_elements("mill.pdf", 2)[0].caption == ""


def test_elements_that_are_not_there_are_named(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    strange = replace(dataset, questions=(replace(dataset.questions[0], hidden=("f" * 32,)),))
    with pytest.raises(UsageError, match="hides the element f{32}, which the index .* lacks"):
        hidden_copy(source, strange, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


def test_a_copy_goes_where_nothing_is(source: Path, dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(UsageError, match="there is something at"):
        hidden_copy(source, dataset, tmp_path / "copy")
    with pytest.raises(NotAnIndexError):
        hidden_copy(tmp_path / "nowhere", dataset, tmp_path / "other")


def build(tmp_path: Path, **files: str) -> mmrag.Index:
    docs = tmp_path / "docs"
    docs.mkdir(exist_ok=True)
    for name, text in files.items():
        (docs / f"{name}.md").write_text(text)
    return mmrag.build(docs, tmp_path / "index", pipeline=replace(RECIPE, strategies=("caption",)))


def test_headings_that_ask_for_nothing_are_left_out(tmp_path: Path) -> None:
    text = f"""# Grain and flour of the north

## Introduction

{SAYS}

## Wheels

{SAYS}

## Making mill stones

{SAYS}

## Table 3: Prices of mill stones

{SAYS}

## Further mill stones

Nothing yet.

## Selling old wheels

{SAYS}
"""
    with build(tmp_path, a=text, b=f"# Selling old wheels\n\n{SAYS}") as index:
        found = self_questions(index)
    assert [(question.text, question.gold[0].file) for question in found.questions] == [
        ("Making mill stones", "a.md")
    ]


def test_the_gold_of_a_heading_is_where_its_section_begins_to_speak(tmp_path: Path) -> None:
    text = f"# Stones\n\n{SAYS}\n\n## Making mill stones\n\n{SAYS}"
    with build(tmp_path, a=text) as index:
        (question,) = self_questions(index).questions
        (page,) = {one.page for one in index.elements("a.md", 2)}
    assert question.gold == (Gold("a.md", page),)


def test_documents_without_captions_and_headings_ask_nothing(tmp_path: Path) -> None:
    with (
        build(tmp_path, a=SAYS) as index,
        pytest.raises(UsageError, match="no captions or headings to ask with"),
    ):
        self_questions(index)


def test_an_index_whose_pictures_can_not_be_linked_is_copied(
    source: Path, dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("another file system")

    monkeypatch.setattr("mmrag.benchmark.datasets.hiding.os.link", refuse)
    hidden_copy(source, dataset, tmp_path / "copy")
    shutil.rmtree(source)
    with closing(Reader(tmp_path / "copy")) as copy:
        name = copy.page_elements("mill.pdf", 2)[0].picture
        assert name is not None
        assert copy.asset(name).is_file()
