"""The SQLite file of an index: opening it, its schema version, its settings, its transactions.

WAL mode: readers never block and see the last committed state. ``synchronous=FULL``: what a
transaction has committed survives a power cut. The log goes into the file only after both together have been
sealed (`mmrag.index.sealing.seal`), and only through `Store.seal`: when a writer is done, and when the log
has grown.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmrag.errors import CorruptError, IndexStoreError, NotAnIndexError, SchemaError
from mmrag.index.files import sync
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.roots import ROOTS, copy_roots, write_roots
from mmrag.index.sealing.seal import (
    DATABASE,
    LOG,
    SEAL,
    Content,
    Seal,
    changed_on_disk,
    check_seal,
    first_seal,
    next_seal,
    unsealed_log,
)
from mmrag.index.sealing.wal import Log
from mmrag.index.translating import is_full, primary_code, translated
from mmrag.types import Kind

SCHEMA_VERSION = 2
LOCK = "writer.lock"
LOG_LIMIT = 128 << 20
"""Bytes of SQLite's log from which it is sealed and brought into the file in the middle of a run."""

_LOG = logging.getLogger(__name__)
_FRESH = f".{DATABASE}.new"
_MAPPED = (2 << 30) - (64 << 10)  # the most that SQLite maps: vectors are read in half the time


def is_index(path: Path) -> bool:
    """Whether there is an index in this folder."""
    return (path / DATABASE).is_file()


def is_free(path: Path) -> bool:
    """Whether an index can be made here: nothing is there, or only what a killed beginning left."""
    if not path.is_dir():
        return not path.exists()
    left = (_FRESH, f".{SEAL}.", f".{ROOTS}.")
    return all(file.name in (LOCK, SEAL, ROOTS) or file.name.startswith(left) for file in path.iterdir())


def create(path: Path) -> None:
    """Make an empty index in the folder ``path``, which is made if it is missing; one process at a time.

    The database is made beside, sealed and renamed, so that a kill leaves no half-made index.
    """
    path.mkdir(parents=True, exist_ok=True)
    for left in path.glob(f"{_FRESH}*"):
        left.unlink()
    temporary = path / _FRESH
    name = secrets.token_hex(16)
    connection = sqlite3.connect(temporary, isolation_level=None)
    try:
        schema = (Path(__file__).parent / "schema.sql").read_text(encoding="utf-8")
        connection.executescript(f"BEGIN;\n{schema}\nCOMMIT;")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute(f"PRAGMA application_id = {Seal(name, 1, 0, ()).token()}")
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    seal = first_seal(temporary, name)
    copy_roots(path, seal, temporary)
    seal.write(path)
    temporary.replace(path / DATABASE)
    sync(path)


class Store:
    """A connection to the index in the folder ``path``, which must exist.

    Not used by two threads at a time. Readers open it with ``writable=False`` and need no write permission to
    the documents' data (SQLite itself keeps its shared-memory file beside the database).

    Raises:
        NotAnIndexError: if there is no index.
        SchemaError: if a newer version of mmrag has written it.
        CorruptError: if the database is damaged.
    """

    _read_alone: tuple[int, ...] | None = None

    def __init__(self, path: Path, *, writable: bool = False) -> None:
        if (path / SEAL).is_file() and not is_index(path):
            raise CorruptError(f"the index {path} has lost its {DATABASE}: see mmrag repair {path}")
        if not is_index(path):
            raise NotAnIndexError(f"there is no index at {path}: make one with mmrag index FOLDER")
        self.path = path
        self._log = path / LOG
        self._seal_at = LOG_LIMIT
        self._guard: sqlite3.Connection | None = None
        self._file = HeldFile(path / DATABASE)
        try:
            with translated(path):
                self._open(writable)
        except BaseException:
            self._file.release()
            raise

    def _open(self, writable: bool) -> None:
        self.connection = self._connect("rw" if writable else "ro")
        try:
            self._read_alone = None if writable else self._left_alone()
            self._prepare()
            alone = self._read_alone is not None
            self._seal = check_seal(self.path, self.connection, self._file.descriptor, with_log=not alone)
            self.connection.execute("PRAGMA foreign_keys = ON")
            if writable:
                self.connection.execute("PRAGMA journal_mode = WAL")
                self.connection.execute("PRAGMA synchronous = FULL")
                self.connection.execute("PRAGMA wal_autocheckpoint = 0")
                # SQLite's last connection brings the log into the file when it closes, sealed or not. One
                # that may not write never does, and keeps others from being the last.
                self._guard = self._connect("ro")
                self._guard.execute("PRAGMA user_version").fetchone()
                self._leave_damaged_log()
            else:
                self.connection.execute(f"PRAGMA mmap_size = {_MAPPED}")
        except BaseException:
            self.connection.close()
            raise

    def _connect(self, mode: str) -> sqlite3.Connection:
        uri = f"{(self.path / DATABASE).resolve().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30, check_same_thread=False)

    def _left_alone(self) -> tuple[int, ...] | None:
        """Open the file by itself where SQLite can't keep its own files beside it; its state then, or None.

        Nobody seems to write where this process may not; should somebody all the same, `snapshot` notices.
        """
        try:
            self.connection.execute("PRAGMA user_version").fetchone()
        except sqlite3.OperationalError as error:
            forbidden = primary_code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
            if not (forbidden and not os.access(self.path, os.W_OK)) and not is_full(error, self.path):
                raise
            self.connection.close()
            self.connection = self._connect("ro&immutable=1")
            if self._log_size():
                _LOG.warning("%s can't be read here: what a run has left in it is not seen", self._log)
            return self._file.state
        return None

    def _prepare(self) -> None:
        version = self.connection.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA_VERSION:
            raise SchemaError(
                f"the index {self.path} has schema {version}, this mmrag reads up to {SCHEMA_VERSION}: "
                "upgrade mmrag, or build the index anew elsewhere"
            )
        if version == 0:
            raise CorruptError(f"{self.path / DATABASE} is not a database of mmrag")
        if version < SCHEMA_VERSION:
            raise SchemaError(
                f"the index {self.path} has schema {version} of an earlier mmrag, this one reads "
                f"{SCHEMA_VERSION}: build it anew with mmrag index FOLDER --rebuild"
            )

    def close(self) -> None:
        """Seal what was written and close the connection; the object is of no use afterwards."""
        guard, self._guard = self._guard, None
        try:
            if guard is not None:
                self.seal()
                if not unsealed_log(self._seal, self._log):
                    guard.close()
        finally:
            self.connection.close()
            if guard is not None:
                guard.close()
            self._file.release()

    @property
    def sealed(self) -> Seal:
        """The seal of the index, as this connection knows it."""
        return self._seal

    def name_generation(self) -> None:
        """Let this transaction be the one that names the next generation; then `seal` it."""
        self.connection.execute(f"PRAGMA application_id = {self._seal.token(1)}")
        self.set("generation", self._seal.generation + 1)

    def seal(self) -> None:
        """Seal what was committed, and bring SQLite's log into the file as far as readers let it.

        Raises:
            CorruptError: if the file or the log has changed on disk since they were written.
            DiskFullError: if there is no space; what was committed is in the log.
        """
        with translated(self.path):
            log = unsealed_log(self._seal, self._log)
            if log is not None:
                if log.bad or self.get("generation") != self._seal.generation + 1:
                    log = self._named(log)
                fresh = next_seal(self._seal, self._file.descriptor, log)
                write_roots(self.path, fresh, Content(self._file.descriptor, fresh.size, log))
                fresh.write(self.path)
                self._seal = fresh
            if self._log_size():
                self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            self._seal_at = self._log_size() + LOG_LIMIT

    def _named(self, before: Log) -> Log:
        """The log after a transaction that names the generation, which stands where SQLite goes on.

        Frames that a kill has cut off stand behind it, and mean nothing. What is damaged stands before it.
        """
        with self._transaction():
            self.name_generation()
        log = unsealed_log(self._seal, self._log)
        if log is None or (log.salts == before.salts and log.frames <= before.frames):
            raise changed_on_disk(self._log)
        return log

    def _leave_damaged_log(self) -> None:
        """Seal what SQLite still reads of a damaged log, so that no transaction follows what it does not."""
        log = unsealed_log(self._seal, self._log)
        if log is not None and log.bad:
            _LOG.warning("%s is damaged: what was committed after frame %d is lost", self._log, log.frames)
            self.seal()

    def _log_size(self) -> int:
        return self._log.stat().st_size if self._log.exists() else 0

    def get(self, key: str, default: Any = None) -> Any:
        """The setting ``key``, as it was given to `set`."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        with self.decoded():
            return default if row is None else json.loads(row[0])

    def set(self, key: str, value: Any) -> None:
        """Keep a JSON-able setting under ``key``."""
        self.connection.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def drop(self, key: str) -> None:
        """Forget the setting ``key``, if it is there."""
        self.connection.execute("DELETE FROM meta WHERE key = ?", (key,))

    def version(self) -> int:
        """A number that changes whenever another connection has committed."""
        return int(self.connection.execute("PRAGMA data_version").fetchone()[0])

    def columns(self, query: str, values: Sequence[int | str] = ()) -> tuple[NDArray[np.int64], ...]:
        """The columns of a query for whole numbers, each ``(n,)`` int64.

        Row by row into one array: the rows of a large index never stand in memory as objects.
        """
        cursor = self.connection.execute(query, values)
        kind = [(name, np.int64) for name, *_ in cursor.description]
        table = np.fromiter(cursor, np.dtype(kind))
        return tuple(np.ascontiguousarray(table[name]) for name, _ in kind)

    def counts(self) -> dict[str, int]:
        """How many documents, pages, chunks, and elements of each kind there are."""
        totals = {
            table: int(self.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])
            for table in ("documents", "pages", "chunks")
        }
        by_kind = self.connection.execute("SELECT kind, count(*) FROM elements GROUP BY kind")
        with self.decoded():
            return totals | {Kind(kind).value: int(count) for kind, count in by_kind}

    @contextmanager
    def decoded(self) -> Iterator[None]:
        """Values inside that no writer of mmrag has written come out as a `CorruptError`."""
        try:
            yield
        except (ValueError, KeyError, TypeError, RecursionError, OverflowError, zlib.error) as error:
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise CorruptError(
                f"the index {self.path} holds what mmrag can't have written ({reason}): build it anew with "
                "mmrag index FOLDER --rebuild"
            ) from error

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it is kept, or, on any exception, nothing."""
        with translated(self.path):
            with self._transaction():
                yield
            if self._log_size() > self._seal_at:
                self.seal()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            # Writing it again, unchanged, puts the first page into the log of every transaction.
            token = self.connection.execute("PRAGMA application_id").fetchone()[0]
            self.connection.execute(f"PRAGMA application_id = {token}")
            yield
            self.connection.execute("COMMIT")
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Reads inside see one committed state, whatever a writer does meanwhile."""
        with translated(self.path):
            if self._read_alone is not None and self._read_alone != self._file.state:
                raise IndexStoreError(f"the index {self.path} has changed since it was opened: open it again")
            self.connection.execute("BEGIN")
            try:
                yield
            finally:
                self.connection.execute("COMMIT")
