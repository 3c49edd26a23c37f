"""The seal of an index: what its database must hold, block by block, beside it in ``seal.json``.

SQLite's pages carry no checksums. The seal gives them some: it is made of the content as a reader sees it,
the file and the log together, before the log is written into the file. So it is right before, while and after
that happens, and a kill in between leaves nothing to be guessed: where a block of the file does not fit, the
pages that the sealed part of the log holds are put over it, and then it must.

A log of another index, or of an earlier generation of this one, would fit on its own. Every transaction
therefore writes the seal's token (SQLite's ``application_id``, on the first page): it has to be that of the
generation that is sealed, or of the next, which is named before it is sealed.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import chain
from pathlib import Path

from mmrag.errors import CorruptError
from mmrag.index.files import write_atomically
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.wal import Log, read_log

DATABASE = "mmrag.sqlite"
SEAL = "seal.json"
LOG = f"{DATABASE}-wal"
BLOCK = 64 << 10
"""Bytes that have a checksum of their own: so much is lost around a flipped bit."""

_FORMAT = 1
_KNOWN: set[tuple[object, ...]] = set()  # states of files that this process has compared
_BATCH = 64  # blocks that a thread takes at a time
_THREADS = 4


@dataclass(frozen=True, slots=True)
class Seal:
    """What the database of an index holds.

    Attributes:
        index: 32 random hex digits, given when the index is made.
        generation: how often it has been sealed.
        size: bytes of the database.
        sha256: of every `BLOCK` of it, the first 32 hex digits.
        log: salts of SQLite's log when this was sealed, and its frames then.
    """

    index: str
    generation: int
    size: int
    sha256: tuple[str, ...]
    log: tuple[int, int, int] = (0, 0, 0)

    def token(self, ahead: int = 0) -> int:
        """What transactions write that follow this generation, or the one ``ahead`` of it."""
        name = f"{self.index} {self.generation + ahead}".encode()
        return int.from_bytes(hashlib.sha256(name).digest()[:4], "big") >> 1 | 1

    def write(self, folder: Path) -> None:
        """Put it into the folder of the index, in place of the one that is there; durable on return."""
        text = json.dumps({**_content(self), "check": _check(self)}, indent=0) + "\n"
        write_atomically(folder / SEAL, lambda path: _write(path, text))


def read_seal(folder: Path) -> Seal | None:
    """The seal of the index in this folder; ``None`` where there is none.

    Raises:
        CorruptError: if it is damaged.
    """
    try:
        found = json.loads((folder / SEAL).read_bytes())
        check = found.pop("check")
        if found.pop("format") != _FORMAT or found.pop("block") != BLOCK:
            raise ValueError("of another format")
        seal = Seal(**{**found, "sha256": tuple(found["sha256"]), "log": tuple(found["log"])})
        if check != _check(seal):
            raise ValueError("its checksum is wrong")
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CorruptError(
            f"{folder / SEAL} is damaged ({error}): see mmrag verify {folder}, then mmrag repair {folder}"
        ) from error
    return seal


@dataclass(frozen=True, slots=True)
class Content:
    """A database as a reader sees it: the file, and over it the pages of the log, if one is given."""

    file: int
    size: int
    log: Log | None = None

    def digests(self, blocks: Iterable[int]) -> list[str]:
        """Checksums of these blocks, in several threads: reading and hashing let go of Python's lock."""
        wanted = list(blocks)
        batches = [wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH)]
        with Path(self.log.path if self.log else os.devnull).open("rb", buffering=0) as log:

            def work(batch: list[int]) -> list[str]:
                return [hashlib.sha256(self.read(block, log.fileno())).hexdigest()[:32] for block in batch]

            if len(batches) < 4:
                return list(chain.from_iterable(map(work, batches)))
            with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
                return list(chain.from_iterable(pool.map(work, batches)))

    def read(self, block: int, log: int) -> bytes:
        """The bytes of a block; ``log`` is a descriptor of the log's file."""
        start = block * BLOCK
        length = min(BLOCK, self.size - start)
        data = os.pread(self.file, length, start)
        return self._laid_over(data, start, length, log) if self.log else data

    def _laid_over(self, data: bytes, start: int, length: int, log: int) -> bytes:
        assert self.log is not None  # noqa: S101 - asked by the caller
        size, places = self.log.page_size, self.log.places
        pages = [page for page in range(start // size + 1, (start + length) // size + 1) if page in places]
        if not pages:
            return data
        patched = bytearray(data.ljust(length, b"\0"))
        for page in pages:
            place = (page - 1) * size - start
            patched[place : place + size] = os.pread(log, size, places[page])
        return bytes(patched)


def blocks_of(size: int) -> range:
    """Numbers of the blocks of so many bytes."""
    return range(-(-size // BLOCK))


def check_seal(folder: Path, connection: sqlite3.Connection, file: int, *, with_log: bool = True) -> Seal:
    """The seal of an index, after its database has been compared with it.

    A writer may seal the next generation meanwhile: then that one counts. One process reads a file whole
    only once for each state of it.

    Args:
        folder: of the index.
        connection: to its database, outside any transaction.
        file: descriptor of the database's file.
        with_log: whether the connection reads SQLite's log too.

    Raises:
        CorruptError: if the seal is missing or damaged, or the database is not what it says.
    """
    while True:
        seal = read_seal(folder)
        if seal is None:
            raise CorruptError(f"{folder / SEAL} is missing: make it anew with mmrag repair {folder}")
        found = _found_wrong(seal, folder / (LOG if with_log else os.devnull), connection, file)
        if not found:
            return seal
        if read_seal(folder) == seal:
            raise CorruptError(
                f"the index {folder} is damaged ({found}):"
                f" see mmrag verify {folder}, then mmrag repair {folder}"
            )


def _found_wrong(seal: Seal, log: Path, connection: sqlite3.Connection, file: int) -> str:
    """What is wrong, or nothing. Inside a snapshot SQLite's log can't begin anew."""
    connection.execute("BEGIN")
    try:
        token = connection.execute("PRAGMA application_id").fetchone()[0]
        state = os.fstat(file)
        times = state.st_mtime_ns, state.st_ctime_ns
        known = (state.st_dev, state.st_ino, state.st_size, *times, _check(seal))
        if known not in _KNOWN:
            wrong = wrong_blocks(seal, file, log)
            if wrong:
                shown = ", ".join(str(block + 1) for block in wrong[:8]) + (", …" if len(wrong) > 8 else "")
                return f"{len(wrong)} of {len(seal.sha256)} blocks of {DATABASE} do not fit {SEAL}: {shown}"
            # What is right only under the log is to be compared again: the log may be gone by then.
            if sealed_log(seal, log) is None and state.st_mtime_ns == os.fstat(file).st_mtime_ns:
                _KNOWN.add(known)
    finally:
        connection.execute("ROLLBACK")
    if token not in (seal.token(), seal.token(1)):
        return f"{LOG} is of another index or another generation"
    return ""


def wrong_blocks(seal: Seal, file: int, log_path: Path) -> list[int]:
    """Numbers of the blocks that do not hold what the seal says.

    Args:
        seal: of the index.
        file: descriptor of the database's file.
        log_path: where SQLite's log would be.
    """
    blocks = blocks_of(seal.size)
    wrong = _wrong(seal, Content(file, seal.size), blocks)
    if not wrong and os.fstat(file).st_size == seal.size:
        return []
    log = sealed_log(seal, log_path)
    if log is not None:
        return _wrong(seal, Content(file, seal.size, log), wrong)
    # Bytes that are missing or too many at the end.
    return wrong or [len(blocks) - 1]


def unsealed_log(seal: Seal, log_path: Path) -> Log | None:
    """SQLite's log, if it holds what is not sealed yet."""
    log = read_log(log_path)
    return log if log and (log.bad or log.frames) and (*log.salts, log.frames) != seal.log else None


def next_seal(seal: Seal, file: int, log: Log) -> Seal:
    """The seal of what the file and the log hold together.

    Only the blocks that the log changes are read. What they held before has to be what the seal says, so that
    no damage of the meantime is sealed as if it were meant.

    Args:
        seal: of the generation before.
        file: descriptor of the database's file.
        log: as `unsealed_log` has found it.

    Raises:
        CorruptError: if the file is damaged.
    """
    old, new = blocks_of(seal.size), blocks_of(log.size)
    touched = {(page - 1) * log.page_size // BLOCK for page in log.places}
    if log.size != seal.size:
        touched |= {old[-1], *new[old[-1] :]}
    before = Content(file, seal.size, sealed_log(seal, log.path))
    if _wrong(seal, before, sorted(touched.intersection(old))):
        raise changed_on_disk(log.path.with_name(DATABASE))
    changed = sorted(touched.intersection(new))
    fresh = dict(zip(changed, Content(file, log.size, log).digests(changed), strict=True))
    sums = tuple(fresh[block] if block in fresh else seal.sha256[block] for block in new)
    return Seal(seal.index, seal.generation + 1, log.size, sums, (*log.salts, log.frames))


def changed_on_disk(path: Path) -> CorruptError:
    """The error that says so of a file that nobody else writes."""
    folder = path.parent
    return CorruptError(
        f"{path} has changed on disk since it was written:"
        f" see mmrag verify {folder}, then mmrag repair {folder}"
    )


def first_seal(database: Path, index: str, generation: int = 1) -> Seal:
    """The seal of a database that has no log and is open nowhere."""
    file = HeldFile(database)
    try:
        size = os.fstat(file.descriptor).st_size
        return Seal(index, generation, size, tuple(Content(file.descriptor, size).digests(blocks_of(size))))
    finally:
        file.release()


def sealed_log(seal: Seal, log_path: Path) -> Log | None:
    """The part of SQLite's log that was sealed, where it is still there and whole."""
    *salts, frames = seal.log
    if not frames:
        return None
    log = read_log(log_path, frames)
    return log if log and log.salts == tuple(salts) and log.frames == frames else None


def _wrong(seal: Seal, content: Content, blocks: Sequence[int]) -> list[int]:
    found = content.digests(blocks)
    return [block for block, digest in zip(blocks, found, strict=True) if digest != seal.sha256[block]]


def _content(seal: Seal) -> dict[str, object]:
    return {"format": _FORMAT, "block": BLOCK, **asdict(seal)}


def _check(seal: Seal) -> str:
    return hashlib.sha256(json.dumps(_content(seal), sort_keys=True).encode()).hexdigest()


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="ascii")
