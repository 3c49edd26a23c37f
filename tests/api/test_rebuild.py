"""An index that is built anew beside the old one, and what a kill in between leaves."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import mmrag
from mmrag.errors import LockedError, SchemaError
from mmrag.index.captions import CaptionCache
from mmrag.index.exchange import exchange
from mmrag.index.lock import WriterLock
from mmrag.index.reader import Reader
from mmrag.index.writer import Writer
from tests.api.test_update import RECIPE, best, built, folder

__all__ = ["built", "folder"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def rebuild(folder: Path, index: Path) -> None:
    mmrag.build(folder, index, pipeline=RECIPE, rebuild=True).close()


def test_nothing_is_left_beside(built: mmrag.Index, folder: Path) -> None:
    before = names(built.path)
    rebuild(folder, built.path)
    assert names(built.path.parent) == ["docs", "index"]
    assert names(built.path) == before


def test_the_index_is_there_at_every_moment(
    built: mmrag.Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed when it has just changed places, the new index is there, and the old one is no beginning."""

    def killed(fresh: Path, old: Path) -> None:
        exchange(fresh, old)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("mmrag.api.exchange", killed)
        with pytest.raises(KeyboardInterrupt):
            rebuild(folder, built.path)
    with mmrag.open(built.path) as index:
        assert best(index, "zebra stripes") == "a.md"
    left = built.path.with_name(".index.rebuild")
    with sqlite3.connect(left / "mmrag.sqlite") as connection:
        connection.execute("UPDATE elements SET text = 'wrong'")
    connection.close()
    rebuild(folder, built.path)
    with mmrag.open(built.path) as index:
        assert "wrong" not in {element.text for element in index.elements("a.md", 1)}
    assert names(built.path.parent) == ["docs", "index"]


def test_one_process_rebuilds(built: mmrag.Index, folder: Path) -> None:
    with WriterLock(built.path / "writer.lock"), pytest.raises(LockedError, match="by process"):
        rebuild(folder, built.path)
    assert names(built.path.parent) == ["docs", "index"]


def killed_rebuild(folder: Path, index: Path) -> Path:
    """What is left of one that was killed in its middle, after its captioner has said something."""

    def progress(now: mmrag.Progress) -> None:
        if now.files_done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mmrag.build(folder, index, pipeline=RECIPE, rebuild=True, progress=progress)
    left = index.with_name(".index.rebuild")
    with CaptionCache(left) as said:
        said.put("of a picture", "A lake.")
    return left


def test_the_next_run_removes_what_a_killed_one_left(built: mmrag.Index, folder: Path) -> None:
    assert killed_rebuild(folder, built.path).is_dir()
    built.update()
    assert names(built.path.parent) == ["docs", "index"]
    with CaptionCache(built.path) as said:
        assert said.get(["of a picture"]) == {"of a picture": "A lake."}


def test_what_a_living_process_owns_is_left_to_it(built: mmrag.Index, folder: Path) -> None:
    left = killed_rebuild(folder, built.path)
    with WriterLock(left / "writer.lock"):
        built.update()
    assert left.is_dir()
    (built.path.parent / "elsewhere").mkdir()
    left.rename(built.path.parent / "elsewhere" / "one")
    left.symlink_to(built.path.parent / "elsewhere" / "one")
    built.update()
    assert (left / "mmrag.sqlite").is_file()


@pytest.fixture
def later(built: mmrag.Index) -> Path:
    """An index with a key in its recipe that a later version of mmrag knows."""
    with closing(Writer(built.path)) as writer, writer.writing():
        writer.set("recipe", {**writer.get("recipe"), "sounds": {"encoder": "st:whale"}})
    return built.path


def test_a_recipe_of_a_later_version_is_said(
    later: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[Path] = []
    monkeypatch.setattr(Reader, "close", lambda reader: closed.append(reader.path))
    message = "another version of mmrag .*unknown key 'sounds'.*upgrade mmrag, or build it anew .*--rebuild"
    with pytest.raises(SchemaError, match=message):
        mmrag.open(later)
    assert closed == [later]
    with pytest.raises(SchemaError, match=message):
        mmrag.build(folder, later, pipeline=RECIPE)
    with pytest.raises(SchemaError, match=message):
        mmrag.verify(later, deep=True)


def test_others_are_listed_beside_one_of_a_later_version(
    later: Path, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    mmrag.build(folder, later.with_name("other"), pipeline=RECIPE).close()
    assert [info.name for info in mmrag.list_indexes(later.parent)] == ["other"]
    assert "unknown key 'sounds'" in caplog.text


def test_an_index_of_a_later_version_is_built_anew(later: Path, folder: Path) -> None:
    rebuild(folder, later)
    with mmrag.open(later) as index:
        assert best(index, "zebra stripes") == "a.md"
