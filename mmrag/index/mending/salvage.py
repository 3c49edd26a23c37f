"""Taking whole documents out of a damaged database into a new one, which then takes its place.

Where a seal says which blocks are damaged, they are first overwritten, in a copy, with a byte that makes no
page of SQLite, no UTF-8, no compressed text and no vector of unit length: what rests on a damaged block can
then be told from what does not. A document counts as whole if everything that belongs to it can be read, by
way of the indexes of the tables, which name all of its rows.
"""

from __future__ import annotations

import json
import secrets
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from mmrag.errors import CorruptError, IndexStoreError
from mmrag.index.files import sync
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.roots import copy_roots
from mmrag.index.sealing.seal import (
    BLOCK,
    DATABASE,
    LOG,
    SEAL,
    Content,
    Seal,
    blocks_of,
    first_seal,
    read_seal,
    wrong_blocks,
)
from mmrag.index.sealing.wal import Log, read_log
from mmrag.index.store import SCHEMA_VERSION, create
from mmrag.index.writer import Writer
from mmrag.types import Status

FOLDER = ".repair"
_POISON = b"\xfe"
_APPLICATION_ID = slice(68, 72)  # of the first page
_SETTINGS = ("root", "recipe", "fingerprint")
_OF_A_DOCUMENT = {
    "pages": "sqlite_autoindex_pages_1",
    "elements": "elements_by_document",
    "chunks": "chunks_by_document",
    "page_vectors": "page_vectors_by_document",
}
_HAVE_DOCUMENTS = (Status.INDEXED, Status.PARTLY, Status.EMPTY)
_UNIT = 0.01
_UNREADABLE = (sqlite3.DatabaseError, ValueError, TypeError, zlib.error, OverflowError)


class _DamagedError(ValueError):
    """A row holds what was overwritten."""


def salvage(folder: Path, words: Callable[[Writer, int], None]) -> tuple[list[str], list[str]]:
    """Put a new database in the place of a damaged one, with every document that is whole.

    The lock of the one writer must be held.

    Args:
        folder: of the index.
        words: writes what a document (by its row) is found by, from its elements.

    Returns:
        Paths of the documents that were saved, and of the files that are lost: the next run reads them again.
    """
    place = folder / FOLDER
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    damaged = place / "damaged"
    _copy(folder, damaged)
    fresh = place / "fresh"
    create(fresh)
    with closing(Writer(fresh)) as writer, closing(_reading(damaged)) as source, writer.writing():
        saved, lost = _Salvage(source, writer, words).run()
    damaged.unlink()
    if not put_in_place(folder):
        raise CorruptError(
            f"the index {folder} can't be repaired, the disk loses what is written: build it anew elsewhere"
        )
    return saved, lost


def put_in_place(folder: Path) -> bool:
    """Let a salvaged database take the place of the damaged one; whether there was a whole one.

    A kill at any instant leaves this to be done again, or nothing.
    """
    fresh = folder / FOLDER / "fresh"
    whole, seal = False, None
    if (fresh / DATABASE).is_file() and not (fresh / LOG).is_file():
        try:
            seal = read_seal(fresh) or read_seal(folder)
        except CorruptError:
            seal = None
        whole = seal is not None and first_seal(fresh / DATABASE, "").sha256 == seal.sha256
    if whole and seal is not None:
        if (fresh / SEAL).is_file():
            (fresh / SEAL).replace(folder / SEAL)
            sync(folder)
        for name in (LOG, f"{DATABASE}-shm", f"{DATABASE}-journal"):
            (folder / name).unlink(missing_ok=True)
        copy_roots(folder, seal, fresh / DATABASE)
        (fresh / DATABASE).replace(folder / DATABASE)
        sync(folder)
    shutil.rmtree(folder / FOLDER, ignore_errors=True)
    return whole


def reseal(folder: Path) -> bool:
    """Make a new seal for a database that has none; whether SQLite finds nothing wrong with it.

    What it holds is taken as it is.

    Raises:
        IndexStoreError: if readers keep SQLite's log from going into the file.
    """
    file = HeldFile(folder / DATABASE)
    name = secrets.token_hex(16)
    uri = f"{(folder / DATABASE).resolve().as_uri()}?mode=rw"
    try:
        with closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)) as connection:
            if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                return False
            if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA_VERSION:
                return False
            found = connection.execute("SELECT value FROM meta WHERE key = 'generation'").fetchone()
            generation = int(found[0]) + 1 if found else 1
            connection.execute(f"PRAGMA application_id = {Seal(name, generation, 0, ()).token()}")
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise IndexStoreError(f"the index {folder} is being read: repair it when nobody does")
    except _UNREADABLE:
        return False
    finally:
        file.release()
    seal = first_seal(folder / DATABASE, name, generation)
    copy_roots(folder, seal, folder / DATABASE)
    seal.write(folder)
    return True


def _copy(folder: Path, target: Path) -> None:
    """The database as one file, with what is damaged overwritten, as far as a seal tells."""
    try:
        seal = read_seal(folder)
    except CorruptError:
        seal = None
    if not (folder / DATABASE).is_file():
        target.touch()
        return
    file = HeldFile(folder / DATABASE)
    try:
        if seal is None:
            _back_up(folder / DATABASE, target)
        else:
            _overwrite(seal, file.descriptor, folder, target)
    finally:
        file.release()


def _back_up(database: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{database.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
    except sqlite3.DatabaseError:
        shutil.copyfile(database, target)


def _overwrite(seal: Seal, file: int, folder: Path, target: Path) -> None:
    wrong = set(wrong_blocks(seal, file, folder / LOG))
    log = _own_log(seal, folder / LOG)
    size = max(seal.size, log.size if log else 0)
    whole = Content(file, seal.size)
    with target.open("wb") as copy:
        for block in blocks_of(size):
            data = _POISON * min(BLOCK, size - block * BLOCK)
            if block not in wrong and block < len(seal.sha256):
                data = whole.read(block, -1).ljust(len(data), _POISON)
            copy.write(data)
        if log is not None:
            with log.path.open("rb") as frames:
                for page, begin in log.places.items():
                    frames.seek(begin)
                    copy.seek((page - 1) * log.page_size)
                    copy.write(frames.read(log.page_size))


def _own_log(seal: Seal, path: Path) -> Log | None:
    """SQLite's log as far as it is whole, if it follows this seal."""
    log = read_log(path)
    if log is None or 1 not in log.places:
        return None
    with path.open("rb") as file:
        file.seek(log.places[1])
        token = int.from_bytes(file.read(100)[_APPLICATION_ID], "big")
    return log if token in (seal.token(), seal.token(1)) else None


def _reading(file: Path) -> sqlite3.Connection:
    uri = f"{file.resolve().as_uri()}?mode=ro&immutable=1"
    return sqlite3.connect(uri, uri=True, isolation_level=None)


class _Salvage:
    def __init__(
        self, source: sqlite3.Connection, writer: Writer, words: Callable[[Writer, int], None]
    ) -> None:
        self._source = source
        self._writer = writer
        self._target = writer.connection
        self._words = words

    def run(self) -> tuple[list[str], list[str]]:
        files = {row[0]: row for row in self._rows("files", "path")}
        documents = {row[0]: row for row in self._rows("documents", "row")}
        names = {str(row[2]) for row in documents.values()} | {
            path for path, row in files.items() if row[4] in _HAVE_DOCUMENTS
        }
        if not self._settings():
            return [], sorted(names)
        saved = [row[2] for row in documents.values() if self._document(row)]
        for path, row in files.items():
            if path in saved or row[4] not in _HAVE_DOCUMENTS:
                self._put("files", row)
        return sorted(saved), sorted(names - set(saved))

    def _settings(self) -> bool:
        """Whether what the index is of, and made with, can be read: without it no document is of use."""
        try:
            settings = dict(self._source.execute("SELECT key, value FROM meta"))
            for key in _SETTINGS:
                self._writer.set(key, json.loads(settings[key]))
            for table in ("encoders", "spaces"):
                for row in self._source.execute(f"SELECT * FROM {table} ORDER BY row"):
                    self._put(table, row)
        except (*_UNREADABLE, KeyError):
            return False
        return True

    def _document(self, row: Sequence[Any]) -> bool:
        self._target.execute("SAVEPOINT document")
        try:
            self._put("documents", row)
            for table, index in _OF_A_DOCUMENT.items():
                self._take(table, index, row[0])
            query = "SELECT * FROM views WHERE document = ?"
            for view in self._source.execute(query, (row[0],)):
                self._put("views", view)
            self._words(self._writer, row[0])
        except (*_UNREADABLE, KeyError):
            self._target.execute("ROLLBACK TO document")
            return False
        finally:
            self._target.execute("RELEASE document")
        return True

    def _take(self, table: str, index: str, document: int) -> None:
        query = f"SELECT * FROM {table} INDEXED BY {index} WHERE document = ?"
        rows = self._source.execute(query, (document,))
        columns = [name for name, *_ in rows.description]
        for row in rows:
            held = dict(zip(columns, row, strict=True))
            if table == "pages" and held["lines"]:
                json.loads(zlib.decompress(held["lines"]))
            if table == "elements" and held["picture"] is not None:
                self._copy_row("assets", "id", held["picture"])
            if table == "chunks":
                self._vector(held["vector"])
            if table == "page_vectors":
                vectors, boxes = np.frombuffer(held["vectors"], "<f2"), held["boxes"]
                # Boxes stand at the end of a row: what overwrites some of them reaches the last byte.
                if not np.isfinite(vectors).all() or boxes.endswith(_POISON):
                    raise _DamagedError(table)
            self._put(table, row)

    def _vector(self, row: int) -> None:
        if self._target.execute("SELECT 1 FROM vectors WHERE row = ?", (row,)).fetchone():
            return
        found = self._copy_row("vectors", "row", row)
        length = float(np.linalg.norm(np.frombuffer(found[3], "<f4").astype(np.float64)))
        if not abs(length - 1) < _UNIT:
            raise _DamagedError("vectors")

    def _copy_row(self, table: str, key: str, value: object) -> tuple[Any, ...]:
        found = self._source.execute(f"SELECT * FROM {table} WHERE {key} = ?", (value,)).fetchone()
        if found is None:
            raise _DamagedError(table)
        self._put(table, found)
        return tuple(found)

    def _put(self, table: str, row: Sequence[Any]) -> None:
        marks = ", ".join("?" * len(row))
        self._target.execute(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", tuple(row))

    def _rows(self, table: str, key: str) -> Iterator[tuple[Any, ...]]:
        """The rows of a table from both ends, as far as they can be read; some may come twice."""
        for order in ("ASC", "DESC"):
            try:
                yield from self._source.execute(f"SELECT * FROM {table} ORDER BY {key} {order}")
            except _UNREADABLE:
                continue
            return
