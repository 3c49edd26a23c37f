"""What goes wrong with a folder or a disk: said in one line, nothing lost, put right by a later run."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pymupdf
import pytest

import mmrag
from mmrag.api import planning
from mmrag.errors import DiskFullError, UsageError
from mmrag.index.writer import Writer
from mmrag.ingest.opening import Job
from mmrag.ingest.processes.pool import ParsedFile, ParserPool
from mmrag.types import Asset
from tests.api.test_update import RECIPE, best, statuses


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "a.md").write_text("# Animals\n\nA zebra has stripes.\n")
    return docs


def reason(report: mmrag.Report | None, path: str) -> str:
    assert report is not None
    return next(file.reason for file in report.files if file.path == path)


def make_pdf(path: Path, text: str, width: float = 600, **options: object) -> None:
    with pymupdf.open() as document:
        page = document.new_page(width=width, height=800)
        page.insert_text((72, 72), text)
        document.save(path, **options)


def test_front_matter_with_no_number_costs_no_run(folder: Path, tmp_path: Path) -> None:
    (folder / "b.md").write_text("---\nscore: .nan\nbest: .inf\n---\nA quick wizard.\n")
    (folder / "c.md").write_text("Jumping foxes.\n")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report) == {"a.md": "indexed", "b.md": "indexed", "c.md": "indexed"}


def test_an_encrypted_pdf_waits_for_its_password(folder: Path, tmp_path: Path) -> None:
    make_pdf(folder / "secret.pdf", "A quick wizard.", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report) == {"a.md": "indexed", "secret.pdf": "encrypted"}
        assert "password" in reason(index.report, "secret.pdf")
        assert statuses(index.update(password="wrong"))["secret.pdf"] == "encrypted"
        assert statuses(index.update(password="open"))["secret.pdf"] == "indexed"
        assert best(index, "quick wizard") == "secret.pdf"
        assert statuses(index.update()) == {"a.md": "unchanged", "secret.pdf": "unchanged"}


def test_a_page_without_end_is_reported_and_the_rest_goes_on(folder: Path, tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=600, height=800).insert_text((72, 72), "A quick wizard.")
        document.new_page(width=20_000, height=20_000)
        document.save(folder / "huge.pdf")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report)["huge.pdf"] == "partly"
        assert reason(index.report, "huge.pdf").startswith("page 2: ")
        assert best(index, "quick wizard") == "huge.pdf"


def test_a_file_that_can_not_be_opened_is_reported(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "locked.txt").write_text("words")

    def refuse(path: Path) -> str:
        if path.name == "locked.txt":
            raise PermissionError(errno.EACCES, "Permission denied")
        return "0" * 64

    monkeypatch.setattr(planning, "hash_file", refuse)
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report) == {"a.md": "indexed", "locked.txt": "unreadable"}
        assert reason(index.report, "locked.txt") == "Permission denied"


def test_a_file_that_is_not_what_its_ending_says_is_named(folder: Path, tmp_path: Path) -> None:
    (folder / "report.pdf").write_text("Dear all, this is not a PDF.")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report)["report.pdf"] in ("damaged", "unsupported")
        assert "report.pdf" in reason(index.report, "report.pdf")


def test_a_document_of_which_nothing_can_be_read_is_not_partly_there(folder: Path, tmp_path: Path) -> None:
    with pymupdf.open() as document:
        document.new_page(width=20_000, height=20_000)
        document.save(folder / "huge.pdf")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report)["huge.pdf"] == "too large"


def test_an_empty_document_is_said_to_be_empty(folder: Path, tmp_path: Path) -> None:
    make_pdf(folder / "blank.pdf", "")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report)["blank.pdf"] == "empty"
        assert reason(index.report, "blank.pdf") == "no text and no pictures were found in it"


@pytest.fixture
def pictures(folder: Path) -> Path:
    from PIL import Image

    for name, colour in (("p.png", "red"), ("q.png", "blue")):
        Image.new("RGB", (200, 100), colour).save(folder / name)
    return folder


def test_a_full_disk_keeps_what_was_committed_and_the_next_run_goes_on(
    pictures: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Writer.add_asset
    room = 1

    def filling(self: Writer, asset: Asset) -> None:
        nonlocal room
        if room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        room -= 1
        add(self, asset)

    monkeypatch.setattr(Writer, "add_asset", filling)
    with pytest.raises(DiskFullError, match="free some and run the same command again"):
        mmrag.build(pictures, tmp_path / "index", pipeline=RECIPE)
    with mmrag.open(tmp_path / "index") as index:
        assert [document.path for document in index.documents()] == ["a.md", "p.png"]
        assert best(index, "zebra stripes") == "a.md"
        room = 1
        assert statuses(index.update()) == {"a.md": "unchanged", "p.png": "unchanged", "q.png": "indexed"}


def test_bytes_that_failed_are_not_tried_again_under_another_name(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []
    parse = ParserPool.parse

    def watched(self: ParserPool, jobs: Iterable[Job]) -> Iterator[ParsedFile]:
        jobs = list(jobs)
        tried.extend(job.name for job in jobs)
        return parse(self, jobs)

    monkeypatch.setattr(ParserPool, "parse", watched)
    broken = folder / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\nno more")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        said = reason(index.report, "broken.pdf")
        assert statuses(index.report)["broken.pdf"] == "damaged"
        tried.clear()
        (folder / "copy.pdf").write_bytes(broken.read_bytes())
        (folder / "a.txt").write_text("words")
        broken.touch()
        report = index.update()
        assert tried == ["a.txt"]
        assert reason(report, "broken.pdf") == said
        assert reason(report, "copy.pdf") == said.replace("broken.pdf", "copy.pdf")
        broken.rename(folder / "renamed.pdf")
        (folder / "a.txt").write_bytes(b"%PDF-1.7\nno more")
        report = index.update()
        assert tried == ["a.txt", "a.txt"]
        assert reason(report, "renamed.pdf") == said.replace("broken.pdf", "renamed.pdf")
        assert statuses(report)["a.txt"] == "damaged"
        tried.clear()
        index.update(retry_failed=True)
        assert tried == ["a.txt", "copy.pdf", "renamed.pdf"]


def test_names_that_are_not_text_do_not_stop_a_run(folder: Path, tmp_path: Path) -> None:
    make_pdf(folder / "b.pdf", "A quick wizard.")
    (folder / "b.pdf").rename(folder / os.fsdecode(b"caf\xe9.pdf"))
    (folder / os.fsdecode(b"bad\xff.pdf")).write_bytes(b"%PDF-1.7\nno more")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report) == {
            "a.md": "indexed",
            r"bad\xff.pdf": "damaged",
            r"caf\xe9.pdf": "indexed",
        }
        assert best(index, "quick wizard") == r"caf\xe9.pdf"
        assert index.page_picture(r"caf\xe9.pdf", 1).width > 100
        assert statuses(index.update()) == {
            "a.md": "unchanged",
            r"bad\xff.pdf": "damaged",
            r"caf\xe9.pdf": "unchanged",
        }
        assert [document.path for document in index.remove(r"caf\xe9.pdf")] == [r"caf\xe9.pdf"]


def test_a_document_whose_name_is_a_pattern(folder: Path, tmp_path: Path) -> None:
    (folder / "*.md").write_text("A quick wizard.")
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert index.document("*.md").path == "*.md"
        only = mmrag.Filters(documents=("*.md",))
        assert {hit.document.path for hit in index.search("zebra wizard", filters=only)} == {"*.md"}
        both = mmrag.Filters(documents=("*.md", "a.*"))
        assert {hit.document.path for hit in index.search("zebra wizard", filters=both)} == {"*.md", "a.md"}
        assert [document.path for document in index.remove("*.md")] == ["*.md"]
        assert [document.path for document in index.remove("*.md")] == ["a.md"]


def test_a_file_over_the_limit_is_not_even_hashed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (folder / "sparse.pdf").open("wb") as file:
        file.truncate(10_000_000_000)
    hashed: list[str] = []
    monkeypatch.setattr(planning, "hash_file", lambda path: hashed.append(path.name) or "0" * 64)
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert statuses(index.report) == {"a.md": "indexed", "sparse.pdf": "too large"}
        assert "10,000 MB, over the limit of 2,000 MB" in reason(index.report, "sparse.pdf")
        assert statuses(index.update())["sparse.pdf"] == "too large"
        assert hashed == ["a.md"]


def test_what_is_passed_over_is_listed_with_the_files(folder: Path, tmp_path: Path) -> None:
    (folder / "b.docx").touch()
    with mmrag.build(folder, tmp_path / "index", pipeline=RECIPE) as index:
        assert {file.path: file.status.value for file in index.files()} == {
            "a.md": "indexed",
            "b.docx": "unsupported",
        }
        (folder / "b.docx").unlink()
        index.update()
        assert [file.path for file in index.files()] == ["a.md"]


@pytest.mark.parametrize("call", [mmrag.build, mmrag.open, mmrag.verify, mmrag.repair])
def test_an_empty_name_is_not_the_current_folder(
    call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("Not to be read.")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="the current folder is ."):
        call("")
    with pytest.raises(UsageError, match="the current folder is ."):
        mmrag.build(tmp_path, "")
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
