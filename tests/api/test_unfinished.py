"""An index whose run was stopped, or is under way: whole as far as it goes, and it says how far that is."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mmrag
from mmrag.index.lock import WriterLock
from mmrag.index.unfinished import Unfinished
from mmrag.index.writer import Writer
from tests.api.test_update import RECIPE, folder

__all__ = ["folder"]

BOTH = replace(
    RECIPE,
    strategies=("caption", "visual"),
    visual=replace(RECIPE.visual, encoders=("tests.fakes:LinesEncoder",)),
)


def stop(folder: Path, index: Path, when: Callable[[mmrag.Progress], bool], **given: object) -> None:
    """A run that the user interrupts."""

    def progress(now: mmrag.Progress) -> None:
        if when(now):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mmrag.build(folder, index, progress=progress, **{"pipeline": BOTH, **given})  # type: ignore[arg-type]


def after_files(count: int) -> Callable[[mmrag.Progress], bool]:
    return lambda now: now.stage == "read" and now.files_done == count


def change(folder: Path) -> None:
    """One file changes, one comes, one goes."""
    (folder / "a.md").write_text("# Animals\n\nA zebra has no spots.\n\n# Fruit\n\nA plum is blue.\n")
    (folder / "d.md").write_text("# Vex\n\nA vexing vortex.\n")
    (folder / "b.txt").unlink()


@pytest.fixture
def index(folder: Path, tmp_path: Path) -> Path:
    mmrag.build(folder, tmp_path / "index", pipeline=BOTH).close()
    return tmp_path / "index"


def said(index: Path, *, deep: bool = True) -> str:
    """What is said of the database, after nothing was found that is damaged."""
    found = mmrag.verify(index, deep=deep)
    assert [one for one in found if not one.harmless] == []
    return next((one.problem for one in found if one.place == "mmrag.sqlite"), "")


def turned(index: Path, *, newest: bool) -> None:
    """Let a vector point the other way: that of the newest chunk, or of the oldest."""
    with closing(Writer(index)) as writer, writer.writing():
        order = "DESC" if newest else "ASC"
        row, blob = writer.connection.execute(
            "SELECT vectors.row, vectors.vector FROM chunks JOIN vectors ON vectors.row = chunks.vector"
            f" ORDER BY chunks.row {order} LIMIT 1"
        ).fetchone()
        writer.connection.execute(
            "UPDATE vectors SET vector = ? WHERE row = ?", ((-np.frombuffer(blob, "<f4")).tobytes(), row)
        )


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (after_files(1), "2 of 3 files read so far"),
        (lambda now: now.stage == "write", "all files read, vector files not written yet"),
    ],
    ids=["reading", "writing"],
)
def test_a_stopped_update_is_no_damage(
    index: Path, folder: Path, when: Callable[[mmrag.Progress], bool], expected: str
) -> None:
    change(folder)
    stop(folder, index, when)
    command = f"mmrag index {folder} --index {index}"
    assert said(index) == f"holds what was committed last: {expected}; stopped, {command} goes on"
    assert [one for one in mmrag.repair(index).mended if "was written anew" in one.problem] == []
    mmrag.build(folder, index).close()
    assert mmrag.verify(index, deep=True) == ()


def test_a_stopped_first_run_is_no_damage_and_info_says_how_far_it_came(folder: Path, tmp_path: Path) -> None:
    index = tmp_path / "indexes" / "docs"
    stop(folder, index, after_files(1))
    assert "1 of 3 files read so far; stopped, mmrag index " in said(index)
    with mmrag.open(index) as opened:
        info = opened.info()
        assert info.unfinished == Unfinished(3, 1, {}, 1, 0)
        assert (info.writer, info.updated) == ("", "")
        assert info.state == f"1 of 3 files read so far; stopped, mmrag index {folder} goes on"
        with WriterLock(index / "writer.lock"):
            info = opened.info()
        assert info.writer.startswith(f"process {os.getpid()} on ")
        assert info.state == f"1 of 3 files read so far; {info.writer} goes on"
        opened.update()
        assert (opened.info().unfinished, opened.info().state) == (None, "")


def test_what_was_committed_since_hides_no_wrong_vector_in_a_file(index: Path, folder: Path) -> None:
    change(folder)
    stop(folder, index, after_files(1))
    turned(index, newest=True)  # which no file has yet
    said(index)
    turned(index, newest=False)
    assert [one.problem for one in mmrag.verify(index, deep=True) if not one.harmless] == [
        "does not hold the vectors that the database has of caption/tests.fakes:LetterEncoder"
    ]


def test_documents_that_were_removed_leave_a_whole_index(index: Path) -> None:
    with mmrag.open(index) as opened:
        opened.remove("a.md")
    assert said(index) == ""


def test_a_run_that_goes_on_is_named(index: Path) -> None:
    with WriterLock(index / "writer.lock"):
        assert f"process {os.getpid()} on " in said(index, deep=False)
        assert said(index, deep=False).endswith(" is writing")
    assert said(index) == ""


def test_a_view_that_is_not_laid_over_all_documents_says_so(folder: Path, tmp_path: Path) -> None:
    mmrag.build(folder, tmp_path / "index", pipeline=RECIPE).close()
    stop(folder, tmp_path / "index", lambda now: now.stage == "lay" and now.files_done == 1)
    assert "views laid over 1 of 3 documents so far; stopped" in said(tmp_path / "index")
    mmrag.build(folder, tmp_path / "index").close()
    assert said(tmp_path / "index") == ""


def test_a_run_that_has_ended_leaves_nothing_to_be_said(
    index: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "d.md").write_text("# Vex\n")
    monkeypatch.setattr("mmrag.api.builder.ParserPool.parse", lambda *_: iter(()))
    mmrag.build(folder, index).close()
    assert said(index) == ""
