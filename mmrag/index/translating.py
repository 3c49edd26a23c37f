"""Errors of SQLite and of the file system, as errors of mmrag."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmrag.errors import CorruptError, DiskFullError, IndexStoreError


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Errors of SQLite and of a full disk inside come out as errors of mmrag."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code == sqlite3.SQLITE_FULL:
            raise _full(path) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise CorruptError(
                f"the index {path} is damaged ({error}): see mmrag verify {path}, then mmrag repair {path}"
            ) from error
        raise IndexStoreError(f"the index {path} can't be used: {error}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(path) from error
        raise


def _full(path: Path) -> DiskFullError:
    return DiskFullError(
        f"no space left on the device of {path}: free some and run the same command again; "
        "what was indexed before is whole"
    )
