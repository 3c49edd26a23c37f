"""What captioners have said, kept for ever in a file of its own beside the index.

Descriptions cost money or hours, so they outlive what is built from them: each is committed by itself as
soon as it is made, and the file can be carried from one index to another. Each has a checksum: one that is
damaged counts as never made, and of a file that is damaged all that is whole is taken over into a new one.
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from mmrag.errors import CorruptError, DiskFullError, IndexStoreError
from mmrag.index.translating import is_damage, is_full

CAPTIONS = "captions.sqlite"
_SCHEMA = """CREATE TABLE IF NOT EXISTS captions (
    key TEXT PRIMARY KEY, text TEXT NOT NULL, sum BLOB NOT NULL
) WITHOUT ROWID"""
# As bytes: what is damaged may be no text any more, or nothing at all.
_ROWS = "SELECT coalesce(CAST(key AS BLOB), x''), coalesce(CAST(text AS BLOB), x''), sum FROM captions"
_COLUMNS = "PRAGMA table_info(captions)"
_INSERT = "INSERT OR REPLACE INTO captions VALUES (?, ?, ?)"
_AT_ONCE = 500  # keys of one question; SQLite's own limit may be as low as 999
_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")


class CaptionCache:
    """The texts of ``captions.sqlite`` in the folder ``path``, by key. Made if it is missing.

    One object may be used by several threads. WAL with ``synchronous=NORMAL``: what `put` has kept survives
    a kill of the process at any instant; a power cut may lose the last few, which are then asked for again.
    A damaged file is set aside under another name, which is logged.

    Raises:
        IndexStoreError: if it can't be opened.
    """

    def __init__(self, path: Path) -> None:
        self._file = path / CAPTIONS
        self._lock = threading.Lock()
        try:
            self._open()
            with self._translated():
                self._connection.execute("SELECT count(*) FROM captions")
        except CorruptError as error:
            self._set_aside(error)

    def _open(self) -> None:
        with self._translated():
            self._connection = _connect(f"{self._file.resolve().as_uri()}?mode=rwc")
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute(_SCHEMA)
                if "sum" not in {name for _, name, *_ in self._connection.execute(_COLUMNS)}:
                    self._add_sums()
            except BaseException:
                self._connection.close()
                raise

    def _add_sums(self) -> None:
        """An earlier mmrag has written the file: what it says now is what it said."""
        rows = self._connection.execute("SELECT key, text FROM captions").fetchall()
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute("DROP TABLE captions")
        self._connection.execute(_SCHEMA)
        self._connection.executemany(_INSERT, [(key, text, _sum(key, text)) for key, text in rows])
        self._connection.execute("COMMIT")

    def get(self, keys: Sequence[str]) -> dict[str, str]:
        """Those of the keys that are known, with their texts."""
        found: dict[str, str] = {}
        for start in range(0, len(keys), _AT_ONCE):
            found |= self._try(partial(self._known, keys[start : start + _AT_ONCE]))
        return found

    def _known(self, keys: Sequence[str]) -> dict[str, str]:
        return dict(self._whole(f"{_ROWS} WHERE key IN ({', '.join('?' * len(keys))})", keys))

    def _whole(self, query: str, values: Sequence[str] = ()) -> Iterator[tuple[str, str]]:
        for key, text, checksum in self._connection.execute(query, values):
            if _sum(key, text) == checksum:
                yield key.decode(), text.decode()

    def _try(self, call: Callable[[], _Result]) -> _Result:
        """What ``call`` gives; once more with a new file, if this one turns out to be damaged."""
        with self._lock:
            try:
                with self._translated():
                    return call()
            except CorruptError as error:
                self._set_aside(error)
                with self._translated():
                    return call()

    def _set_aside(self, error: CorruptError) -> None:
        """Begin a new file with what can still be read of this one."""
        self._connection.close()
        aside = self._file.with_name(f"{self._file.name}.damaged")
        for suffix in ("-wal", "-shm", ""):
            file = self._file.with_name(self._file.name + suffix)
            if file.exists():
                file.replace(aside.with_name(aside.name + suffix))
        self._open()
        saved = dict(_salvaged(aside))
        for key, text in saved.items():
            self._insert(key, text)
        _LOG.warning("%s; it is now %s, and %d descriptions were saved", error, aside.name, len(saved))

    def put(self, key: str, text: str) -> None:
        """Keep ``text`` under ``key``, in place of what was there."""
        self._try(lambda: self._insert(key, text))

    def _insert(self, key: str, text: str) -> None:
        self._connection.execute(_INSERT, (key, text, _sum(key, text)))

    @staticmethod
    def count_damaged(path: Path) -> int:
        """How many descriptions of the file in the folder ``path`` do not fit their checksums.

        Nothing is changed, not even a file of an earlier mmrag, which has none.

        Raises:
            CorruptError: if the file itself is damaged. IndexStoreError: if it can't be used.
        """
        file = path / CAPTIONS
        with _translated(file), closing(_connect(f"{file.resolve().as_uri()}?mode=ro")) as connection:
            if "sum" not in {name for _, name, *_ in connection.execute(_COLUMNS)}:
                return 0
            return sum(_sum(key, text) != checksum for key, text, checksum in connection.execute(_ROWS))

    def drop_damaged(self) -> None:
        """Forget the descriptions that do not fit their checksums."""
        with self._lock, self._translated():
            rows = [
                key for key, text, checksum in self._connection.execute(_ROWS) if _sum(key, text) != checksum
            ]
            self._connection.executemany(
                "DELETE FROM captions WHERE CAST(key AS BLOB) = ?", [(key,) for key in rows]
            )

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

    def _translated(self) -> AbstractContextManager[None]:
        return _translated(self._file)


def carry(source: Path, target: Path) -> None:
    """Add what was said in the index folder ``source`` to what was said in ``target``, whose own stays.

    Nothing happens where ``source`` has no such file.

    Raises:
        IndexStoreError: if one of the files can't be used.
    """
    if not (source / CAPTIONS).is_file():
        return
    CaptionCache(source).close()
    with CaptionCache(target) as new, new._translated():
        rows = ((key, text, _sum(key, text)) for key, text in _salvaged(source / CAPTIONS))
        new._connection.execute("BEGIN IMMEDIATE")
        new._connection.executemany("INSERT OR IGNORE INTO captions VALUES (?, ?, ?)", rows)
        new._connection.execute("COMMIT")


def _salvaged(file: Path) -> Iterator[tuple[str, str]]:
    """The whole rows of a damaged file, from both ends as far as SQLite reads."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for order in ("ASC", "DESC"):
            try:
                for key, text, checksum in connection.execute(f"{_ROWS} ORDER BY key {order}"):
                    if _sum(key, text) == checksum:
                        yield key.decode(), text.decode()
                return
            except sqlite3.DatabaseError as error:
                _LOG.debug("%s is read no further: %s", file, error)


def _sum(key: str | bytes, text: str | bytes) -> bytes:
    parts = [part.encode() if isinstance(part, str) else part for part in (key, text)]
    return hashlib.blake2b(b"\0".join(parts), digest_size=8).digest()


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)


@contextmanager
def _translated(file: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        if is_full(error, file.parent):
            raise DiskFullError(
                f"no space left on the device of {file}: free some and run the same command again"
            ) from error
        if is_damage(error):
            raise CorruptError(f"{file} is damaged ({error})") from error
        raise IndexStoreError(f"{file} can't be used: {error}") from error
