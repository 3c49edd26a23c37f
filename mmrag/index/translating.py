"""Errors of SQLite and of the file system, as errors of mmrag."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmrag.errors import NO_ROOM, CorruptError, DiskFullError, IndexStoreError

_SHARED_MEMORY = 32_768
"""Bytes by which SQLite extends the file that readers of a WAL share."""


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite and of a full disk inside come out as errors of mmrag."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_full(error, path):
            raise _full(path) from error
        if is_damage(error):
            raise CorruptError(
                f"the index {path} is damaged ({error}): see mmrag verify {path}, then mmrag repair {path}"
            ) from error
        raise IndexStoreError(f"the index {path} can't be used: {error}") from error
    except OSError as error:
        if error.errno in NO_ROOM:
            raise _full(path) from error
        raise


def is_damage(error: sqlite3.DatabaseError) -> bool:
    """Whether SQLite, or FTS5 with a code of its own, calls the file damaged."""
    return primary_code(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def is_full(error: sqlite3.DatabaseError, folder: Path) -> bool:
    """Whether the disk of ``folder`` has no room left.

    SQLite says so of its data; of a file beside them that it can't make or extend, only that this failed.
    """
    if _code(error) == sqlite3.SQLITE_IOERR_SHMSIZE or primary_code(error) == sqlite3.SQLITE_CANTOPEN:
        return not _has_room(folder)
    return primary_code(error) == sqlite3.SQLITE_FULL


def primary_code(error: sqlite3.DatabaseError) -> int:
    """SQLite's result code without what extends it; 0 for an error that SQLite itself did not raise."""
    return _code(error) & 0xFF


def _code(error: sqlite3.DatabaseError) -> int:
    return getattr(error, "sqlite_errorcode", 0)


def _has_room(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            return os.pwrite(file.fileno(), bytes(_SHARED_MEMORY), 0) == _SHARED_MEMORY
    except OSError as error:
        return error.errno not in NO_ROOM


def _full(path: Path) -> DiskFullError:
    return DiskFullError(
        f"no space left on the device of {path}: free some and run the same command again; "
        "what was indexed before is whole"
    )
