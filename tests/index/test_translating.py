"""What errors of SQLite mean."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path
from typing import NoReturn

import pytest

from mmrag.errors import CorruptError, DiskFullError, IndexStoreError
from mmrag.index import translating
from mmrag.index.captions import CaptionCache
from mmrag.index.translating import translated

FTS5_DAMAGED = sqlite3.SQLITE_CORRUPT | 1 << 8  # SQLITE_CORRUPT_VTAB


def error_of(code: int) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = code
    return error


def no_room(number: int) -> type:
    class Fails:
        def __init__(self, **_: object) -> None:
            raise OSError(number, "no")

    return Fails


@pytest.mark.parametrize(
    ("code", "meant"),
    [
        (sqlite3.SQLITE_FULL, DiskFullError),
        (sqlite3.SQLITE_CORRUPT, CorruptError),
        (FTS5_DAMAGED, CorruptError),
        (sqlite3.SQLITE_NOTADB, CorruptError),
        (sqlite3.SQLITE_IOERR_SHMSIZE, IndexStoreError),
        (sqlite3.SQLITE_CANTOPEN, IndexStoreError),
        (sqlite3.SQLITE_BUSY, IndexStoreError),
    ],
)
def test_codes_where_there_is_room(tmp_path: Path, code: int, meant: type[Exception]) -> None:
    with pytest.raises(IndexStoreError) as raised, translated(tmp_path):
        raise error_of(code)
    assert type(raised.value) is meant


@pytest.mark.parametrize("code", [sqlite3.SQLITE_IOERR_SHMSIZE, sqlite3.SQLITE_CANTOPEN])
@pytest.mark.parametrize(
    ("number", "meant"),
    [(errno.ENOSPC, DiskFullError), (errno.EDQUOT, DiskFullError), (errno.EROFS, IndexStoreError)],
)
def test_a_file_beside_the_data_that_can_not_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, number: int, meant: type[Exception]
) -> None:
    monkeypatch.setattr(translating.tempfile, "TemporaryFile", no_room(number))
    with pytest.raises(IndexStoreError) as raised, translated(tmp_path):
        raise error_of(code)
    assert type(raised.value) is meant


def test_descriptions_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(translating.tempfile, "TemporaryFile", no_room(errno.ENOSPC))

    def fails(*_: object) -> NoReturn:
        raise error_of(sqlite3.SQLITE_IOERR_SHMSIZE)

    monkeypatch.setattr(CaptionCache, "_add_sums", fails)
    with sqlite3.connect(tmp_path / "captions.sqlite") as connection:
        connection.execute("CREATE TABLE captions (key TEXT, text TEXT)")
    connection.close()
    with pytest.raises(DiskFullError, match="captions.sqlite: free some and run the same command again"):
        CaptionCache(tmp_path)
