"""Views that are laid over long documents range of pages by range: the same index, whatever stops a run."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import mmrag
from mmrag.captioners.base import Description
from mmrag.errors import CorruptError, ModelError
from tests.api.test_ranges import BOOK, RANGE, ranges
from tests.fakes import LetterEncoder, LinesEncoder, SizeCaptioner
from tests.truth import Truth, truth

__all__ = ["ranges"]

BOTH = ["caption", "visual"]
PAGES = 23
PICTURES = 5


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A book with a picture on every fourth page, and the pictures."""
    docs = tmp_path_factory.mktemp("views") / "docs"
    docs.mkdir()
    pages = []
    for number in range(1, PAGES + 1):
        pages.append(f"# Part {number}\n\nIt speaks of the harbour, the wizard and {number} zebras.\n\n")
        if number % 4 == 0:
            Image.new("RGB", (100 + number, 90), (9 * number, 10, 200)).save(docs / f"{number}.png")
            pages.append(f"![What is seen {number}]({number}.png)\n\n")
    (docs / "book.md").write_text("".join(pages))
    return docs


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.api.overlaying.PAGES_A_RANGE", RANGE)


@pytest.fixture(scope="module")
def bare(documents: Path, ranges: None) -> Path:
    """An index with the view ``joint`` alone. For copying."""
    place = documents.parent / "bare"
    mmrag.build(documents, place, pipeline=replace(BOOK, strategies=("joint",))).close()
    return place


@pytest.fixture(scope="module")
def undisturbed(bare: Path, documents: Path, tmp_path_factory: pytest.TempPathFactory) -> Truth:
    """What becomes of it when both other views are laid, a document a transaction."""
    place = tmp_path_factory.mktemp("undisturbed") / "index"
    shutil.copytree(bare, place)
    mmrag.build(documents, place, strategies=BOTH).close()
    return truth(place)


@pytest.fixture
def index(bare: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bare, tmp_path / "index"))


def lay(index: Path, stop_at: int = 0, views: list[str] = BOTH, **given: Any) -> None:
    """Lay views over the documents; at that page of the book, the user interrupts."""
    seen = 0

    def progress(now: mmrag.Progress) -> None:
        nonlocal seen
        seen += now.stage == "lay" and now.file == "book.md"
        if stop_at and seen == stop_at:
            raise KeyboardInterrupt

    with mmrag.open(index) as opened:
        root = opened.root
    mmrag.build(root, index, strategies=views, progress=progress, **given).close()


def stopped(index: Path, stop_at: int, **given: Any) -> list[Path]:
    """The ranges that are kept of a run that was stopped."""
    with pytest.raises(KeyboardInterrupt):
        lay(index, stop_at, **given)
    return sorted((index / "staged").glob("*/*.sqlite"))


def finished(index: Path, **given: Any) -> tuple[int, Truth]:
    """Over how many pages the next run laid views, and what there is then."""
    calls = LinesEncoder.calls
    lay(index, **given)
    assert not list((index / "staged").iterdir())
    assert [one for one in mmrag.verify(index, deep=True) if not one.harmless] == []
    return LinesEncoder.calls - calls, truth(index)


def test_ranges_make_the_same_index_as_one_transaction(index: Path, undisturbed: Truth) -> None:
    assert finished(index) == (PAGES + PICTURES, undisturbed)
    assert {row[1] for row in undisturbed["views"]} == {"joint", "caption", "visual"}
    assert any("A picture of 104 by 90." in row[13] for row in undisturbed["elements"])


@pytest.mark.parametrize("stop_at", [3, 5, 6, 22])
def test_a_stopped_run_goes_on_behind_the_last_range(index: Path, undisturbed: Truth, stop_at: int) -> None:
    before = truth(index)
    kept = (stop_at - 1) // RANGE * RANGE
    assert len(stopped(index, stop_at)) == kept // RANGE
    now = truth(index)
    books = [[row for row in held["chunks"] if row[1] == "book.md"] for held in (before, now)]
    assert books[0] == books[1]  # nothing is seen of a view before all of it is there
    with mmrag.open(index) as opened:
        left = opened.info().unfinished
        assert left is not None
        assert left.pages_laid == ({"book.md": kept} if kept else {})
        assert ("over book.md up to page" in opened.info().state) == bool(kept)
    laid = sum(view == "visual" for _, view, _ in now["views"])
    assert finished(index) == (PAGES + PICTURES - laid - kept, undisturbed)


def test_a_damaged_range_is_laid_again_with_those_behind_it(index: Path, undisturbed: Truth) -> None:
    second = stopped(index, 22)[1]
    second.write_bytes(second.read_bytes()[:-1])
    assert finished(index)[1] == undisturbed


def test_a_range_damaged_meanwhile_is_not_believed(
    index: Path, undisturbed: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = stopped(index, 22)[1]

    def harm(now: mmrag.Progress) -> None:
        if now.stage == "lay":
            second.write_bytes(b"damaged")

    with pytest.raises(CorruptError, match="is damaged: the same command"), mmrag.open(index) as opened:
        opened.update(progress=harm)
    assert finished(index)[1] == undisturbed


def test_what_was_laid_by_others_is_not_taken_up(
    index: Path, undisturbed: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped(index, 22, views=["visual"])
    calls = LetterEncoder.calls
    assert finished(index) == (PAGES, undisturbed)  # its pictures have their view
    assert LetterEncoder.calls > calls


def test_what_was_laid_over_a_document_that_has_changed_goes(
    index: Path, documents: Path, undisturbed: Truth
) -> None:
    stopped(index, 22)
    book = (documents / "book.md").read_bytes()
    try:
        (documents / "book.md").write_bytes(book + b"\nChanged.\n")
        lay(index)
        assert not list((index / "staged").iterdir())
    finally:
        (documents / "book.md").write_bytes(book)
    assert finished(index)[1]["chunks"] == undisturbed["chunks"]


def test_descriptions_that_failed_are_made_again_when_asked(
    index: Path, undisturbed: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Description:
        raise ModelError("too hard")

    with monkeypatch.context() as patch:
        patch.setattr(SizeCaptioner, "caption", fail)
        lay(index)
        before = truth(index)
        assert any("too hard" in row[13] for row in before["elements"])
        lay(index, retry_failed=True)
        assert truth(index) == before
        stopped(index, 12, retry_failed=True)
        assert truth(index) == before
    lay(index, retry_failed=True)
    assert truth(index)["elements"] == undisturbed["elements"]
