from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from mmrag.errors import (
    CorruptError,
    DiskFullError,
    IndexStoreError,
    NotAnIndexError,
    SchemaError,
)
from mmrag.index.reader import Reader
from mmrag.index.sealing.seal import DATABASE
from mmrag.index.store import SCHEMA_VERSION, Store, create
from mmrag.index.translating import translated
from mmrag.index.writer import Writer
from mmrag.types import Document

DOCUMENT = Document("a" * 64, "a.pdf", "application/pdf", "A", 2, True, {"year": 2021})


@pytest.fixture
def place(tmp_path: Path) -> Path:
    create(tmp_path / "index")
    return tmp_path / "index"


def test_nothing_there_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(NotAnIndexError, match="make one with mmrag index FOLDER"):
        Store(tmp_path)


def test_a_newer_schema_is_refused(place: Path) -> None:
    with sqlite3.connect(place / DATABASE) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(SchemaError, match=r"has schema 3, this mmrag reads up to 2: upgrade mmrag"):
        Store(place)


def test_an_older_schema_says_how_to_build_anew(place: Path) -> None:
    with sqlite3.connect(place / DATABASE) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    with pytest.raises(SchemaError, match=r"has schema 1 of an earlier mmrag, this one reads 2: .*--rebuild"):
        Store(place)


def test_another_database_is_refused(tmp_path: Path) -> None:
    sqlite3.connect(tmp_path / DATABASE).executescript("CREATE TABLE t (x)").connection.close()
    with pytest.raises(CorruptError, match="is not a database of mmrag"):
        Store(tmp_path)


def test_a_damaged_database_is_refused(place: Path) -> None:
    (place / DATABASE).write_bytes(b"not a database at all" * 300)
    with pytest.raises(CorruptError, match="is damaged"):
        Store(place)


def test_settings_come_back_as_they_were(place: Path) -> None:
    writer = Writer(place)
    with writer.writing():
        writer.set("recipe", {"name": "mini", "dpi": 144})
    assert writer.get("recipe") == {"name": "mini", "dpi": 144}
    assert writer.get("none", "default") == "default"
    writer.close()


def add_and_fail(writer: Writer) -> None:
    writer.add_document(DOCUMENT)
    raise RuntimeError


def test_an_exception_undoes_the_transaction(place: Path) -> None:
    writer, reader = Writer(place), Reader(place)
    with pytest.raises(RuntimeError), writer.writing():
        add_and_fail(writer)
    assert reader.documents() == {}
    with writer.writing():
        row = writer.add_document(DOCUMENT)
    assert reader.documents() == {row: DOCUMENT}
    writer.close()
    reader.close()


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(place: Path) -> None:
    writer, reader = Writer(place), Reader(place)
    with reader.snapshot():
        assert reader.counts()["documents"] == 0
        with writer.writing():
            writer.add_document(DOCUMENT)
        assert reader.counts()["documents"] == 0
    assert reader.counts()["documents"] == 1
    writer.close()
    reader.close()


def test_a_reader_can_not_write(place: Path) -> None:
    reader = Reader(place)
    with pytest.raises(IndexStoreError, match="readonly"), reader.writing():
        reader.set("x", 1)
    reader.close()


def test_a_full_database_is_a_full_disk(place: Path) -> None:
    writer = Writer(place)
    pages = writer.connection.execute("PRAGMA page_count").fetchone()[0]
    writer.connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(DiskFullError, match="free some and run the same command again"), writer.writing():
        writer.set("large", "x" * 1_000_000)
    assert writer.get("large") is None
    writer.close()


def test_a_full_disk_under_a_file_is_a_full_disk(place: Path) -> None:
    with pytest.raises(DiskFullError, match="no space left"), translated(place):
        Path("/dev/full").write_text("x" * 100_000)
