"""Readers of LlamaIndex as ingestors."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

import mmrag
from mmrag.config import IngestOptions
from mmrag.errors import (
    DamagedError,
    FingerprintError,
    ModelError,
    RecipeError,
    SpecError,
    UnreadableError,
    UnsupportedError,
)
from mmrag.ingest import Job, open_file, scan
from mmrag.ingest.readers import load_reader
from mmrag.types import Document, Kind, ParsedPage, Status
from tests.llama_index.conftest import RECIPE

PARTS = "llama-index:tests.llama_index.parts"
SHEETS = f"{PARTS}:Sheets"
NO_OCR = IngestOptions(ocr="never")


def read(path: Path, text: str, spec: str = SHEETS) -> tuple[Document, list[ParsedPage]]:
    path.write_text(text, encoding="utf-8")
    document, pages = load_reader(spec).open(path, path.name, NO_OCR)
    return document, list(pages)


def texts(pages: list[ParsedPage]) -> list[tuple[int, str, list[str]]]:
    return [
        (page.page.number, page.page.label, [element.text for element in page.elements]) for page in pages
    ]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "a.sheets"


def test_labels_are_the_numbers_of_pages(file: Path) -> None:
    document, pages = read(file, "@1\nOne.\n\nMore.\f@2\nTwo.\f@2\nStill two.")
    assert texts(pages) == [(1, "", ["One.", "More."]), (2, "", ["Two.", "Still two."])]
    assert (document.page_count, document.paged) == (2, True)
    assert (document.id, document.path) == (hashlib.sha256(file.read_bytes()).hexdigest(), "a.sheets")
    assert document.title == "Sheets"
    assert document.metadata == {"year": 2024}
    assert document.media_type == "application/octet-stream"
    page = pages[0]
    assert (page.page.width, page.page.height, page.error) == (None, None, None)
    assert [line.text for line in page.lines] == ["One.", "More."]
    assert {element.bbox for element in page.elements} == {None}


def test_the_page_may_be_the_source_where_pages_are_counted(file: Path) -> None:
    document, pages = read(file, "@1\nOne.\f@2\nTwo.", f"{SHEETS}?label=source")
    assert texts(pages) == [(1, "", ["One."]), (2, "", ["Two."])]
    assert document.paged


def test_a_page_without_a_document_is_empty(file: Path) -> None:
    _, pages = read(file, "@2\nTwo.\f@4\nFour.")
    assert texts(pages) == [(1, "", []), (2, "", ["Two."]), (3, "", []), (4, "", ["Four."])]


@pytest.mark.parametrize("labels", [("xii", "A-1"), ("2", "1"), ("1", "900000000"), ("0", "1"), ("²", "3")])
def test_labels_that_number_no_pages_are_kept_beside_the_position(
    file: Path, labels: tuple[str, str]
) -> None:
    document, pages = read(file, "\f".join(f"@{label}\nText." for label in labels))
    assert texts(pages) == [(at, label, ["Text."]) for at, label in enumerate(labels, 1)]
    assert document.paged


def test_without_labels_there_are_sections(file: Path) -> None:
    document, pages = read(file, "First part\n==========\n\nOne.\f@7\nTwo.\fThree.")
    assert not document.paged
    assert texts(pages) == [
        (1, "First part", ["First part", "One."]),
        (2, "", ["Two."]),
        (3, "", ["Three."]),
    ]
    assert [element.section for element in pages[0].elements] == [(), ("First part",)]


def test_long_texts_are_cut_into_sections(file: Path) -> None:
    paragraph = "A sentence of some length stands here. " * 40
    document, pages = read(file, "\n\n".join([paragraph] * 8))
    assert document.page_count == len(pages) == 4


def test_markdown_and_html_are_read_as_such(file: Path) -> None:
    table = "| a | b |\n|---|---|\n| 1 | 2 |"
    for spec, text in (
        (SHEETS, f"# Head\n\n{table}"),
        (f"{SHEETS}?mimetype=text/markdown", "# Head\n\nPlain."),
        (f"{SHEETS}?mimetype=text/html", "<h1>Head</h1><p>Plain.</p>"),
    ):
        _, (page,) = read(file, text, spec)
        assert page.elements[0].kind is Kind.HEADING
        assert page.elements[1].kind is (Kind.TABLE if spec == SHEETS else Kind.TEXT)
    _, (page,) = read(file, "# a comment\n\nin a program")
    assert [element.kind for element in page.elements] == [Kind.TEXT, Kind.TEXT]


def test_reading_goes_on_behind_a_page(file: Path) -> None:
    file.write_text("@1\nOne.\f@3\nThree.")
    _, pages = load_reader(SHEETS).resume(file, file.name, NO_OCR, None, 2)  # type: ignore[attr-defined]
    assert texts(list(pages)) == [(3, "", ["Three."])]


def test_pictures_become_figures_and_none_from_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    Image.new("RGB", (70, 80), "blue").save(tmp_path / "docs/inside.png")
    Image.new("RGB", (70, 80), "blue").save(tmp_path / "outside.png")
    lines = ["red", str(tmp_path / "docs/inside.png"), str(tmp_path / "outside.png")]
    document, pages = read(tmp_path / "docs/a.album", "\n".join(lines), f"{PARTS}:Album")
    assert not document.paged
    assert [(asset.width, asset.height) for page in pages for asset in page.assets] == [(50, 60), (70, 80)]
    assert [element.kind for page in pages for element in page.elements] == [Kind.FIGURE] * 2
    (error,) = [page.error for page in pages if page.error]
    assert "outside the indexed folder" in error


def test_an_empty_file_has_no_pages(file: Path) -> None:
    document, pages = read(file, "")
    assert (document.page_count, document.paged, document.metadata, pages) == (0, False, {}, [])


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("!", DamagedError, "a.sheets can't be read by .*Sheets: ValueError: can't be$"),
        ("!os", UnreadableError, "PermissionError: can't be"),
        ("!import", UnsupportedError, "lacks a package: ImportError: can't be"),
    ],
)
def test_what_a_reader_raises_is_said_in_one_line(
    file: Path, text: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(file, text)


def test_a_reader_that_is_none_is_refused(file: Path) -> None:
    with pytest.raises(SpecError, match="names no reader"):
        read(file, "", f"{PARTS}:LetterEmbedding")
    with pytest.raises(ModelError, match="could not be made: TypeError"):
        read(file, "", f"{SHEETS}?pages=3")
    with pytest.raises(UnreadableError, match="can't be read: No such file"):
        load_reader(SHEETS).open(file.with_name("none"), "none", NO_OCR)


def test_its_ending_is_taken_whatever_the_file_holds(tmp_path: Path) -> None:
    (tmp_path / "a.PDF").write_text("@1\nNo PDF.")
    (tmp_path / "b.sheets").write_text("Text.")
    (tmp_path / "c.other").write_text("Text.")
    options = replace(NO_OCR, readers={".pdf": SHEETS, ".sheets": SHEETS})
    found, unread = scan(tmp_path, options.readers)
    assert [one.name for one in found] == ["a.PDF", "b.sheets"]
    assert [one.path for one in unread] == ["c.other"]
    document, pages = open_file(Job(found[0].path, "a.PDF"), options, {})
    assert (document.media_type, texts(list(pages))) == ("application/pdf", [(1, "", ["No PDF."])])


@pytest.mark.parametrize(
    "readers", [{"epub": SHEETS}, {".EPUB": SHEETS}, {".epub": "mini:text"}, {".a/b": SHEETS}]
)
def test_a_recipe_refuses_wrong_readers(readers: dict[str, str]) -> None:
    with pytest.raises(RecipeError, match="ingest.readers: wants endings"):
        mmrag.Recipe(ingest=IngestOptions(readers=readers))


def test_a_folder_is_indexed_with_a_reader(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "good.sheets").write_text("@1\nA zebra has stripes.\f@2\nA quiet lake.")
    (docs / "bad.sheets").write_text("!")
    recipe = replace(RECIPE, ingest=replace(RECIPE.ingest, readers={".sheets": SHEETS}))
    with mmrag.build(docs, tmp_path / "index", pipeline=recipe) as index:
        assert index.report is not None
        assert {file.path: file.status for file in index.report.files} == {
            "bad.sheets": Status.DAMAGED,
            "good.sheets": Status.INDEXED,
        }
        hit = index.search("quiet lake", top_k=1)[0]
        assert (hit.document.path, hit.page.number, hit.element.text) == ("good.sheets", 2, "A quiet lake.")
        assert index.page_picture("good.sheets", 2).size > (100, 100)  # typeset: no one can draw it
        assert index.info().fingerprints["ingest"].endswith(f" .sheets={SHEETS}")
        assert index.recipe.ingest.readers == {".sheets": SHEETS}
    other = replace(recipe, ingest=replace(recipe.ingest, readers={".sheets": f"{SHEETS}?label=page"}))
    with pytest.raises(FingerprintError, match="label=page"):
        mmrag.build(docs, tmp_path / "index", pipeline=other)
    missing = replace(
        recipe, ingest=replace(recipe.ingest, readers={".sheets": "llama-index:no.where:Reader"})
    )
    with pytest.raises(ModelError, match="no.where can't be imported from here: pip install no$"):
        mmrag.build(docs, tmp_path / "index", pipeline=missing)
