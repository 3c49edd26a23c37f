"""What captioners have said, kept for ever in a file of its own beside the index.

Descriptions cost money or hours, so they outlive what is built from them: each is committed by itself as
soon as it is made, and the file can be carried from one index to another.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

from mmrag.errors import CorruptError, DiskFullError, IndexStoreError

CAPTIONS = "captions.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS captions (key TEXT PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID"
_AT_ONCE = 500  # keys of one question; SQLite's own limit may be as low as 999


class CaptionCache:
    """The texts of ``captions.sqlite`` in the folder ``path``, by key. Made if it is missing.

    One object may be used by several threads. WAL with ``synchronous=NORMAL``: what `put` has kept survives
    a kill of the process at any instant; a power cut may lose the last few, which are then asked for again.

    Raises:
        CorruptError: if the file is damaged.
        IndexStoreError: if it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = path / CAPTIONS
        self._lock = threading.Lock()
        with self._translated():
            self._connection = sqlite3.connect(
                self._file, isolation_level=None, timeout=30, check_same_thread=False
            )
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """Those of the keys that are known, with their texts."""
        found: dict[str, str] = {}
        with self._lock, self._translated():
            for start in range(0, len(keys), _AT_ONCE):
                some = keys[start : start + _AT_ONCE]
                marks = ", ".join("?" * len(some))
                found.update(
                    self._connection.execute(f"SELECT key, text FROM captions WHERE key IN ({marks})", some)
                )
        return found

    def put(self, key: str, text: str) -> None:
        """Keep ``text`` under ``key``, in place of what was there."""
        with self._lock, self._translated():
            self._connection.execute("INSERT OR REPLACE INTO captions VALUES (?, ?)", (key, text))

    def __len__(self) -> int:
        with self._lock, self._translated():
            return int(self._connection.execute("SELECT count(*) FROM captions").fetchone()[0])

    def close(self) -> None:
        """Close the file; the object is of no use afterwards."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> CaptionCache:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", None)
            if code == sqlite3.SQLITE_FULL:
                raise DiskFullError(
                    f"no space left on the device of {self._file}: free some and run the same command again"
                ) from error
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                raise CorruptError(
                    f"{self._file} is damaged ({error}): remove it, and pictures are described anew"
                ) from error
            raise IndexStoreError(f"{self._file} can't be used: {error}") from error


def carry(source: Path, target: Path) -> None:
    """Add what was said in the index folder ``source`` to what was said in ``target``, whose own stays.

    Nothing happens where ``source`` has no such file.

    Raises:
        CorruptError, IndexStoreError: if one of the files can't be used.
    """
    if not (source / CAPTIONS).is_file():
        return
    with CaptionCache(source) as old, CaptionCache(target) as new, old._translated(), new._translated():
        rows = old._connection.execute("SELECT key, text FROM captions")
        new._connection.execute("BEGIN IMMEDIATE")
        new._connection.executemany("INSERT OR IGNORE INTO captions VALUES (?, ?)", rows)
        new._connection.execute("COMMIT")
