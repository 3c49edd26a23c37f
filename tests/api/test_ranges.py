"""Documents that are read range of pages by range: the same index, whatever stops the run in between."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import mmrag
from mmrag.errors import CorruptError, DamagedError
from mmrag.index.unfinished import Unfinished
from mmrag.ingest.opening import Job, open_file
from mmrag.ingest.registry import ingestors
from mmrag.types import Document, ParsedPage
from tests.api.test_update import RECIPE
from tests.fakes import LetterEncoder
from tests.ingest.test_resuming import make_book
from tests.truth import Truth, truth

PAGES = 25
RANGE = 5
BOOK = replace(
    RECIPE,
    strategies=("caption", "visual"),
    ingest=replace(RECIPE.ingest, layout="never"),
    visual=replace(RECIPE.visual, encoders=("tests.fakes:LinesEncoder",)),
)


class Here:
    """In the place of the pool: files are parsed in this process. Counts the pages that are."""

    pages = 0
    breaks_at = 0

    def __init__(self, options: Any) -> None:
        self.options = options

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        return

    def parse(self, jobs: list[Job]) -> Iterator[HereFile]:
        for job in jobs:
            yield HereFile(job, self.options)


class HereFile:
    def __init__(self, job: Job, options: Any) -> None:
        self.job = job
        self._document, self._pages = open_file(job, options, ingestors())

    def open(self) -> Document:
        return self._document

    def pages(self) -> Iterator[ParsedPage]:
        for page in self._pages:
            if page.page.number == Here.breaks_at:
                raise DamagedError("a page too many")
            Here.pages += 1
            yield page


@pytest.fixture(autouse=True, scope="module")
def ranges() -> Iterator[None]:
    """Files are parsed in this process, and ranges are short."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("mmrag.api.builder.ParserPool", Here)
        for module in ("mmrag.api.taking", "mmrag.ingest.pdf.reader"):
            patch.setattr(f"{module}.PAGES_A_RANGE", RANGE)
        yield


@pytest.fixture(autouse=True)
def whole_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Here, "pages", 0)
    monkeypatch.setattr(Here, "breaks_at", 0)


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    docs = tmp_path_factory.mktemp("ranges") / "docs"
    docs.mkdir()
    make_book(docs / "book.pdf")
    (docs / "a.md").write_text("# Animals\n\nA zebra has stripes, and so has a tiger.\n")
    (docs / "z.md").write_text("# Jazz\n\nA quiz about jazz.\n")
    return docs


@pytest.fixture
def folder(documents: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(documents, tmp_path / "docs"))


@pytest.fixture(scope="module")
def undisturbed(documents: Path) -> Iterator[mmrag.Index]:
    """The index of a run that nothing stopped. For reading only."""
    with build(documents, documents.parent / "undisturbed") as index:
        yield index


def build(folder: Path, index: Path, stop_at: int = 0) -> mmrag.Index:
    """Index the folder; at the page of that number of the book, the user interrupts."""

    def progress(now: mmrag.Progress) -> None:
        if stop_at and now.file == "book.pdf" and now.stage == "read" and now.pages_done == stop_at + 1:
            raise KeyboardInterrupt

    return mmrag.build(folder, index, pipeline=BOOK, progress=progress)


def hits(index: mmrag.Index) -> list[tuple[str, int, float]]:
    found = index.search("the wizard of the harbour", 10)
    return [(hit.document.path, hit.page.number, round(hit.score, 5)) for hit in found]


def test_ranges_make_the_same_index_as_one_transaction(
    undisturbed: mmrag.Index, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmrag.api.taking.PAGES_A_RANGE", 1000)
    with build(folder, tmp_path / "whole") as whole:
        assert truth(whole.path) == truth(undisturbed.path)
        assert hits(whole) == hits(undisturbed)
        assert all(truth(whole.path).values())
    assert not (undisturbed.path / "staged").exists() or not list((undisturbed.path / "staged").iterdir())


@pytest.mark.parametrize("stop_at", [5, 6, 24])
def test_a_stopped_run_goes_on_behind_the_last_range(
    undisturbed: mmrag.Index, folder: Path, tmp_path: Path, stop_at: int
) -> None:
    kept = (stop_at - 1) // RANGE * RANGE
    with pytest.raises(KeyboardInterrupt):
        build(folder, tmp_path / "index", stop_at)
    Here.pages = 0
    with build(folder, tmp_path / "index") as index:
        assert Here.pages == PAGES - kept + 1  # z.md
        assert truth(index.path) == truth(undisturbed.path)
        assert hits(index) == hits(undisturbed)
        assert index.report is not None
        assert index.report.pages == undisturbed.info().pages
        assert not list((index.path / "staged").iterdir())


def test_a_run_can_be_stopped_in_every_range(undisturbed: mmrag.Index, folder: Path, tmp_path: Path) -> None:
    for stop_at in (7, 17, 22):
        with pytest.raises(KeyboardInterrupt):
            build(folder, tmp_path / "index", stop_at)
    Here.pages = 0
    with build(folder, tmp_path / "index") as index:
        assert Here.pages == PAGES - 20 + 1
        assert truth(index.path) == truth(undisturbed.path)


def test_nothing_of_a_document_is_seen_before_all_of_it(folder: Path, tmp_path: Path) -> None:
    (folder / "book.pdf").rename(tmp_path / "later.pdf")
    with build(folder, tmp_path / "index") as index:
        before, seen = truth(index.path), hits(index)
        shutil.copy(tmp_path / "later.pdf", folder / "book.pdf")
        with pytest.raises(KeyboardInterrupt):
            build(folder, tmp_path / "index", 22)
        assert len(list((index.path / "staged").glob("*/*"))) == 4
        assert truth(index.path) == before
        assert hits(index) == seen
        assert index.info().pages == 2
        assert index.info().unfinished == Unfinished(3, 2, {"book.pdf": 20}, 2, 0)
        assert index.info().state.startswith("2 of 3 files read so far, book.pdf up to page 20; stopped")
        (index.path / "staged" / "empty").mkdir()
        sorted((index.path / "staged").glob("*/*"))[-1].write_bytes(b"damaged")
        assert index.info().state.startswith("2 of 3 files read so far, book.pdf up to page 15; stopped")


def test_the_old_version_is_seen_until_the_new_one_is_there(folder: Path, tmp_path: Path) -> None:
    with build(folder, tmp_path / "index") as index:
        before, seen = truth(index.path), hits(index)
        with (folder / "book.pdf").open("ab") as file:
            file.write(b"\n% changed\n")
        with pytest.raises(KeyboardInterrupt):
            build(folder, tmp_path / "index", 22)
        assert (truth(index.path), hits(index)) == (before, seen)
        report = index.update()
        assert hits(index) == seen
        assert [document.path for document in index.documents()] == ["a.md", "book.pdf", "z.md"]
        assert index.document("book.pdf").id not in {row[1] for row in before["documents"]}
        # What its chunks say was embedded before; how its last pages look was not.
        assert report.encoded == 5


def stopped(folder: Path, path: Path) -> list[Path]:
    """A run stopped when four ranges were kept; their files."""
    with pytest.raises(KeyboardInterrupt):
        build(folder, path, 22)
    Here.pages = 0
    kept = sorted((path / "staged").glob("*/*"))
    assert len(kept) == 4
    return kept


def finished(folder: Path, path: Path) -> tuple[int, Truth]:
    """The next run: how many pages it parsed, and the index that it made."""
    with build(folder, path) as index:
        assert not list((path / "staged").iterdir())
        assert hits(index)
        for asset, *_ in truth(path)["assets"]:
            assert index.picture(asset).is_file()
    return Here.pages, truth(path)


def test_a_changed_document_is_read_from_its_beginning(folder: Path, tmp_path: Path) -> None:
    stopped(folder, tmp_path / "index")
    with (folder / "book.pdf").open("ab") as file:
        file.write(b"\n% changed\n")
    assert finished(folder, tmp_path / "index")[0] == PAGES + 1


def test_what_was_kept_of_a_removed_document_goes(folder: Path, tmp_path: Path) -> None:
    stopped(folder, tmp_path / "index")
    (folder / "book.pdf").unlink()
    assert finished(folder, tmp_path / "index")[0] == 1


def test_what_other_models_made_is_not_taken_up(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(folder, tmp_path / "other")
    monkeypatch.setattr(LetterEncoder, "fingerprint", "letters-2")
    (tmp_path / "index").mkdir()
    with pytest.raises(KeyboardInterrupt):
        build(folder, tmp_path / "index", 1)
    shutil.copytree(tmp_path / "other" / "staged", tmp_path / "index" / "staged", dirs_exist_ok=True)
    Here.pages = 0
    assert finished(folder, tmp_path / "index")[0] == PAGES + 1


@pytest.mark.parametrize("harm", ["flipped", "cut", "gone"])
def test_a_damaged_range_is_read_again_with_those_behind_it(
    folder: Path, tmp_path: Path, undisturbed: mmrag.Index, harm: str
) -> None:
    second = stopped(folder, tmp_path / "index")[1]
    data = bytearray(second.read_bytes())
    data[len(data) // 2] ^= 1
    second.write_bytes(data if harm == "flipped" else data[: len(data) // 2])
    if harm == "gone":
        second.unlink()
    assert finished(folder, tmp_path / "index") == (PAGES - RANGE + 1, truth(undisturbed.path))


def test_a_range_damaged_while_the_others_are_read_is_not_believed(
    folder: Path, tmp_path: Path, undisturbed: mmrag.Index
) -> None:
    second = stopped(folder, tmp_path / "index")[1]

    def harm(now: mmrag.Progress) -> None:
        if now.pages_done == PAGES:
            second.write_bytes(second.read_bytes()[:-1])

    with pytest.raises(CorruptError, match="is damaged: the same command reads those pages again"):
        mmrag.build(folder, tmp_path / "index", pipeline=BOOK, progress=harm)
    Here.pages = 0
    assert finished(folder, tmp_path / "index") == (PAGES - RANGE + 1, truth(undisturbed.path))


def test_a_document_that_fails_in_its_middle_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    stopped(folder, tmp_path / "index")
    Here.breaks_at = 23
    with build(folder, tmp_path / "index") as index:
        assert index.report is not None
        assert [(file.path, file.reason) for file in index.report.skipped] == [
            ("book.pdf", "a page too many")
        ]
        assert [document.path for document in index.documents()] == ["a.md", "z.md"]
        assert not list((index.path / "staged").iterdir())


def test_of_two_equal_documents_both_are_there(folder: Path, tmp_path: Path) -> None:
    shutil.copy(folder / "book.pdf", folder / "copy.pdf")
    stopped(folder, tmp_path / "index")
    assert finished(folder, tmp_path / "index")[0] == PAGES - 20 + PAGES + 1
    with mmrag.open(tmp_path / "index") as index:
        assert index.info().pages == 2 * PAGES + 2


@pytest.mark.parametrize("known", [True, False])
def test_a_file_that_can_not_be_opened_keeps_what_it_brought_and_is_tried_again(
    folder: Path, tmp_path: Path, known: bool
) -> None:
    path = tmp_path / "index"
    if known:
        build(folder, path).close()
        with (folder / "book.pdf").open("ab") as file:
            file.write(b"\n% changed\n")
    stopped(folder, path)
    before = truth(path)["elements"]
    opened = HereFile.open

    def other(self: HereFile) -> Document:
        document = opened(self)
        return replace(document, id="0" * 64) if self.job.after else document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HereFile, "open", other)
        with build(folder, path) as index:
            assert index.report is not None
            (skipped,) = index.report.skipped
            assert skipped.status.value == "unreadable"
            assert "has changed while it was read: index the folder again" in skipped.reason
    books = [[row for row in rows if row[0] == "book.pdf"] for rows in (before, truth(path)["elements"])]
    assert books[0] == books[1]
    assert bool(books[0]) == known
    Here.pages = 0
    assert finished(folder, path)[0] == PAGES - 20


def test_what_one_of_two_equal_documents_left_is_not_the_others_beginning(
    folder: Path, tmp_path: Path, undisturbed: mmrag.Index
) -> None:
    """The first can't be opened any more, and keeps its ranges; the second is read from its beginning."""
    shutil.copy(folder / "book.pdf", folder / "copy.pdf")
    stopped(folder, tmp_path / "index")
    opened = HereFile.open

    def other(self: HereFile) -> Document:
        document = opened(self)
        return replace(document, id="0" * 64) if self.job.after else document

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(HereFile, "open", other)
        build(folder, tmp_path / "index").close()
    now, expected = truth(tmp_path / "index"), truth(undisturbed.path)
    for table in ("pages", "elements"):
        copies = [row[1:] for row in now[table] if row[0] == "copy.pdf"]
        assert copies == [row[1:] for row in expected[table] if row[0] == "book.pdf"]
