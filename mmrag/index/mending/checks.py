"""What is wrong with the files of an index, found without changing any of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from mmrag.errors import CorruptError, DiskFullError, IndexStoreError
from mmrag.index.assets import FOLDER as ASSETS
from mmrag.index.assets import asset_path
from mmrag.index.captions import CAPTIONS, CaptionCache
from mmrag.index.derived_file import FOLDER as VECTORS
from mmrag.index.files import sha256_of
from mmrag.index.lock import WriterLock, holder
from mmrag.index.reader import Reader
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.roots import ROOTS, has_roots
from mmrag.index.sealing.seal import BLOCK, DATABASE, LOG, SEAL, read_seal, unsealed_log, wrong_blocks
from mmrag.index.store import LOCK, Store
from mmrag.index.translating import translated
from mmrag.index.unfinished import told, unfinished

_TABLES = ("page_terms", "element_terms")
_UNIT = 0.01
"""How far from 1 the length of a vector may be; float16 loses less than half of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something about an index that is not as it should be.

    Attributes:
        place: a file, relative to the index, or of the folder that it is of.
        problem: what is wrong with it.
        harmless: whether nothing is lost and no answer is any slower or poorer for it.
    """

    place: str
    problem: str
    harmless: bool = False


def seal_findings(folder: Path) -> Iterator[Finding]:
    """Where the database does not fit its seal. Only of use after it could not be opened."""
    if not (folder / DATABASE).is_file():
        yield Finding(DATABASE, "is missing")
        return
    try:
        seal = read_seal(folder)
    except CorruptError as error:
        yield Finding(SEAL, str(error).split(": see ")[0])
        return
    if seal is None:
        yield Finding(SEAL, "is missing")
        return
    file = HeldFile(folder / DATABASE)
    try:
        wrong = wrong_blocks(seal, file.descriptor, folder / LOG)
    finally:
        file.release()
    for _, run in groupby(enumerate(wrong), lambda item: item[1] - item[0]):
        blocks = [block for _, block in run]
        span = f"bytes {blocks[0] * BLOCK:,} to {min((blocks[-1] + 1) * BLOCK, seal.size):,}"
        yield Finding(DATABASE, f"{span} are not what was written")
    if not wrong:
        yield Finding(LOG, "is of another index or another generation")


def log_findings(store: Store) -> Iterator[Finding]:
    """What SQLite's log holds that no seal covers, and where it breaks off."""
    log = unsealed_log(store.sealed, store.path / LOG)
    if log is not None and log.bad:
        yield Finding(LOG, f"is damaged at frame {log.bad}: what was committed after it is lost")
    elif log is not None:
        yield Finding(LOG, "holds what a run has committed and not sealed yet", harmless=True)


def root_findings(folder: Path) -> Iterator[Finding]:
    """Whether the copy of the database's first blocks is there, by which they could be mended."""
    seal = read_seal(folder)
    if seal is not None and not has_roots(folder, seal):
        problem = "does not hold the database's first blocks: mmrag repair writes it anew"
        yield Finding(ROOTS, problem, harmless=True)


def database_findings(store: Store, *, deep: bool) -> Iterator[Finding]:
    """What SQLite itself finds wrong; ``deep`` looks at indexes and word indexes too."""
    check = "integrity_check" if deep else "quick_check"
    with translated(store.path):
        for (line,) in store.connection.execute(f"PRAGMA {check}(20)"):
            if line != "ok":
                yield Finding(DATABASE, line)
        for table, row, parent, _ in store.connection.execute("PRAGMA foreign_key_check"):
            yield Finding(DATABASE, f"row {row} of {table} leads to no row of {parent}")
    if deep:
        yield from _word_findings(store)


def _word_findings(store: Store) -> Iterator[Finding]:
    """A check of FTS5 looks like a write; it is taken back, and ``store`` keeps the log where it is."""
    try:
        with WriterLock(store.path / LOCK), closing(_writing(store.path)) as connection:
            for table, problem in wrong_words(connection):
                yield Finding(DATABASE, f"{table} does not hold the words of its rows ({problem})")
    except (IndexStoreError, OSError, sqlite3.OperationalError) as error:
        yield Finding(DATABASE, f"its word indexes were not checked: {error}", harmless=True)


def wrong_words(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """Word indexes that do not fit what was put into them, and what FTS5 says; nothing is changed."""
    found = []
    for table in _TABLES:
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('integrity-check', 1)")
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as error:
            found.append((table, str(error)))
        finally:
            connection.execute("ROLLBACK")
    return found


def _writing(folder: Path) -> sqlite3.Connection:
    uri = f"{(folder / DATABASE).resolve().as_uri()}?mode=rw"
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=5)
    connection.execute("PRAGMA wal_autocheckpoint = 0")
    return connection


def derived_findings(store: Store) -> Iterator[Finding]:
    """Vector files that are missing, damaged or not named."""
    rows = store.connection.execute(
        "SELECT name, file, derived.sha256 FROM spaces LEFT JOIN derived ON derived.space = spaces.row"
    ).fetchall()
    for name, file, checksum in rows:
        if file is None:
            problem = f"{name} has no file yet: its vectors are read from the database"
            yield Finding(VECTORS, problem, harmless=True)
        elif not (store.path / file).is_file():
            yield Finding(file, f"is missing: the vectors of {name} are read from the database")
        elif sha256_of(store.path / file) != checksum:
            yield Finding(file, f"is damaged: the vectors of {name} are read from the database")


def picture_findings(store: Store) -> Iterator[Finding]:
    """Pictures that are missing or damaged."""
    for asset, media_type in store.connection.execute("SELECT id, media_type FROM assets ORDER BY id"):
        path = asset_path(store.path, asset, media_type)
        place = str(path.relative_to(store.path))
        if not path.is_file():
            yield Finding(place, "is missing")
        elif sha256_of(path) != asset:
            yield Finding(place, "is damaged")
    # NULL is "not in" an empty table.
    lost = (
        "SELECT DISTINCT picture FROM elements"
        " WHERE picture IS NOT NULL AND picture NOT IN (SELECT id FROM assets)"
    )
    for (asset,) in store.connection.execute(lost):
        yield Finding(DATABASE, f"an element shows picture {asset}, which is not there")


def vector_findings(store: Store) -> Iterator[Finding]:
    """Vectors that are not finite or not of unit length, in the database itself."""
    bad = [
        row
        for row, blob in store.connection.execute("SELECT row, vector FROM vectors")
        if not _is_unit(np.frombuffer(blob, "<f4").reshape(1, -1))
    ]
    if bad:
        yield Finding(DATABASE, f"{len(bad)} vectors are not of unit length, the first in row {bad[0]}")
    query = "SELECT page, name, dim, count, vectors FROM page_vectors JOIN spaces ON spaces.row = space"
    for page, name, dim, count, blob in store.connection.execute(query):
        if len(blob) != 2 * count * dim or not _is_unit(np.frombuffer(blob, "<f2").reshape(-1, dim)):
            yield Finding(DATABASE, f"the vectors of page {page} in {name} are not {count} of unit length")


def _is_unit(vectors: np.ndarray[tuple[int, int], np.dtype[np.floating]]) -> bool:
    lengths = np.linalg.norm(vectors.astype(np.float32), axis=1)
    return bool(np.all(np.abs(lengths - 1) < _UNIT))


def caption_findings(folder: Path) -> Iterator[Finding]:
    """Descriptions that do not fit their checksums; the file is only read."""
    if not (folder / CAPTIONS).is_file():
        return
    try:
        damaged = CaptionCache.count_damaged(folder)
    except DiskFullError:
        raise
    except IndexStoreError as error:
        yield Finding(CAPTIONS, str(error))
        return
    if damaged:
        yield Finding(CAPTIONS, f"{damaged} descriptions are damaged: their pictures would be described anew")


def stray_files(store: Store) -> list[Path]:
    """Files in the folders of vectors and pictures that nothing leads to."""
    named = {store.path / file for (file,) in store.connection.execute("SELECT file FROM derived")}
    named |= {
        asset_path(store.path, asset, media_type)
        for asset, media_type in store.connection.execute("SELECT id, media_type FROM assets")
    }
    # What was read of a long document has its pictures there before the database knows of them.
    folders = (VECTORS,) if any((store.path / "staged").glob("*")) else (VECTORS, ASSETS)
    found = {file for name in folders for file in (store.path / name).rglob("*") if file.is_file()}
    return sorted(found - named)


def index_findings(folder: Path, *, deep: bool = False) -> Iterator[Finding]:
    """All of the above.

    Raises:
        SchemaError: if another version of mmrag has written the index.
    """
    yield from caption_findings(folder)
    try:
        store = Reader(folder)
    except CorruptError as error:
        found = list(seal_findings(folder))
        yield from found or [Finding(DATABASE, str(error))]
        return
    with closing(store):
        yield from log_findings(store)
        if left := told(store, unfinished(store), holder(folder / LOCK)):
            yield Finding(DATABASE, f"holds what was committed last: {left}", harmless=True)
        yield from root_findings(folder)
        yield from database_findings(store, deep=deep)
        yield from derived_findings(store)
        yield from picture_findings(store)
        if deep:
            yield from vector_findings(store)
        for file in stray_files(store):
            yield Finding(str(file.relative_to(folder)), "belongs to nothing", harmless=True)
