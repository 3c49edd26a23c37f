"""What of the development set's rebuilding needs no network."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import sys
import tarfile
from pathlib import Path
from types import ModuleType

import pymupdf
import pytest

from mmrag.benchmark.datasets import load

FOLDER = Path(__file__).parents[2] / "benchmarks" / "devset"


@pytest.fixture(scope="module")
def rebuild() -> ModuleType:
    found = importlib.util.spec_from_file_location("rebuild", FOLDER / "rebuild.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["rebuild"] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


def pdf(pages: int, width: int = 200, height: int = 100) -> bytes:
    """Every page says which one it is."""
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            document.new_page(width=width, height=height).insert_text((20, 50), f"page {number}")
        document.set_toc([[1, "First", 1]])
        return bytes(document.tobytes())


def source(rebuild: ModuleType, pages: str, how: str = "text"):  # type: ignore[no-untyped-def]
    table = [
        "file\tpackage\tversion\tpath\tpages\tas\tlicence",
        f"a.pdf\tp\t1\tdoc/a.pdf\t{pages}\t{how}\tGPL-2",
    ]
    (row,) = rebuild.sources(table)
    return row


@pytest.mark.parametrize(
    ("ranges", "numbers"), [("7", (7,)), ("3-5", (3, 4, 5)), ("1-2,9,4-5", (1, 2, 9, 4, 5))]
)
def test_page_ranges(rebuild: ModuleType, ranges: str, numbers: tuple[int, ...]) -> None:
    assert rebuild.page_numbers(ranges) == numbers


def test_the_table_is_of_the_documents_that_are_asked_about(rebuild: ModuleType) -> None:
    with (FOLDER / "sources.tsv").open(encoding="utf-8") as table:
        rows = rebuild.sources(table)
    pages = {row.file: len(row.pages) for row in rows}
    questions = [json.loads(line) for line in (FOLDER / "queries.jsonl").read_text("utf-8").splitlines()]
    assert (len(rows), sum(pages.values()), len(questions)) == (13, 337, 65)
    assert {question["doc"] for question in questions} == set(pages)
    assert all(0 < page <= pages[question["doc"]] for question in questions for page in question["pages"])
    assert [row.file for row in rows if row.scanned] == ["scan-0037.pdf"]
    assert all(row.version and row.licence for row in rows)


def test_pages_are_cut_out(rebuild: ModuleType) -> None:
    with pymupdf.open(stream=rebuild.cut(pdf(5), source(rebuild, "2,4-5")), filetype="pdf") as made:
        assert [page.get_text().strip() for page in made] == ["page 2", "page 4", "page 5"]
        assert made.get_toc() == []


def test_scanned_pages_are_pictures_without_text(rebuild: ModuleType) -> None:
    with pymupdf.open(stream=rebuild.cut(pdf(2), source(rebuild, "2", "pictures")), filetype="pdf") as made:
        (page,) = made
        assert page.get_text() == ""
        (picture,) = page.get_image_info()
        # 200 x 100 points at 150 dpi.
        assert (picture["width"], picture["height"], page.rect.width) == (417, 209, 200)


@pytest.mark.parametrize("how", ["text", "pictures"])
def test_what_is_cut_twice_is_the_same(rebuild: ModuleType, how: str) -> None:
    data, wanted = pdf(3), source(rebuild, "2-3", how)
    assert rebuild.cut(data, wanted) == rebuild.cut(data, wanted)


def test_a_document_with_too_few_pages_is_said(rebuild: ModuleType) -> None:
    with pytest.raises(rebuild.MissingError, match=r"doc/a\.pdf has 3 pages, and not 4"):
        rebuild.cut(pdf(3), source(rebuild, "2-4"))


def test_files_are_taken_out_of_an_archive(rebuild: ModuleType) -> None:
    held = {"./doc/a.pdf": b"one", "./doc/b.pdf.gz": gzip.compress(b"two"), "./doc/c.pdf": b"three"}
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as writing:
        for name, data in held.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            writing.addfile(member, io.BytesIO(data))
    archive.seek(0)
    found = rebuild.files_in(archive, {"doc/a.pdf", "doc/b.pdf.gz", "doc/d.pdf"})
    assert found == {"doc/a.pdf": b"one", "doc/b.pdf.gz": b"two"}


def test_where_a_document_is_missing_the_rest_is_a_dataset(
    rebuild: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unfetched(package: str, version: str, folder: Path) -> Path:
        if package == "hmmer-doc":
            raise rebuild.MissingError("the package hmmer-doc can't be fetched: not found")
        return folder

    def files(package: Path, paths: set[str]) -> dict[str, bytes]:
        return dict.fromkeys(paths, b"")

    monkeypatch.setattr(rebuild, "fetch", unfetched)
    monkeypatch.setattr(rebuild, "unpacked", files)
    monkeypatch.setattr(rebuild, "cut", lambda data, source: pdf(len(source.pages), 612, 842))
    monkeypatch.setattr(sys, "argv", ["rebuild.py", str(tmp_path)])
    assert rebuild.main() == 1
    assert "questions about hmmer-tutorial.pdf are left out" in capsys.readouterr().err
    made = load(tmp_path)
    there = (FOLDER / "queries.jsonl").read_text("utf-8").count('"doc": "hmmer-tutorial.pdf"')
    assert there > 0
    assert len(made.questions) == 65 - there
    assert "flatter" in made.note
    assert (tmp_path / "licenses" / "r-cran-vcd.copyright").is_file()
