"""A copy of the first blocks of the database, in which all of its tables begin.

SQLite gives every table and index of the schema a page in the order in which they are made, and leaves it
there: damage to one of these pages would cost all that is below it. The copy is written before each seal, and
a block of it is believed if it is what the seal says.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from mmrag.index.files import write_atomically
from mmrag.index.sealing.held import HeldFile
from mmrag.index.sealing.seal import (
    BLOCK,
    DATABASE,
    LOG,
    Content,
    Seal,
    blocks_of,
    read_seal,
    sealed_log,
    wrong_blocks,
)

ROOTS = f"{DATABASE}-roots"
COUNT = 3
"""Blocks that are copied: the 44 pages in which something begins, and a few more."""


def read_roots(folder: Path, seal: Seal) -> dict[int, bytes]:
    """The first blocks of the database of an index, by number, as far as their copy is what the seal says."""
    try:
        data = (folder / ROOTS).read_bytes()
    except FileNotFoundError:
        return {}
    blocks = {block: data[block * BLOCK : (block + 1) * BLOCK] for block in _blocks(seal)}
    return {
        block: held
        for block, held in blocks.items()
        if hashlib.sha256(held).hexdigest()[:32] == seal.sha256[block]
    }


def has_roots(folder: Path, seal: Seal) -> bool:
    """Whether the copy is there and whole."""
    return len(read_roots(folder, seal)) == len(_blocks(seal))


def write_roots(folder: Path, seal: Seal, content: Content) -> None:
    """Copy the first blocks of what is sealed, or is about to be; durable on return."""
    known = read_roots(folder, seal)  # what has not changed may have been damaged since, in the file itself
    blocks = _blocks(seal)
    if len(known) == len(blocks):
        return
    with Path(content.log.path if content.log else os.devnull).open("rb") as log:
        parts = [known.get(block) or content.read(block, log.fileno()) for block in blocks]
    write_atomically(folder / ROOTS, lambda path: _write(path, b"".join(parts)))


def copy_roots(folder: Path, seal: Seal, database: Path) -> None:
    """As `write_roots`, from a database that is sealed already."""
    file = HeldFile(database)
    try:
        log = sealed_log(seal, database.with_name(LOG))
        write_roots(folder, seal, Content(file.descriptor, seal.size, log))
    finally:
        file.release()


def restore_roots(folder: Path) -> bool:
    """Bring damaged blocks of the database back from their copy; whether there were any that could be.

    Pages that the log has of them stay there, and count, as before.

    Raises:
        CorruptError: if the seal is damaged.
    """
    seal = read_seal(folder)
    if seal is None or not (folder / DATABASE).is_file():
        return False
    file = HeldFile(folder / DATABASE)
    try:
        wrong = wrong_blocks(seal, file.descriptor, folder / LOG)
        known = read_roots(folder, seal)
        found = {block * BLOCK: known[block] for block in wrong if block in known}
        if found:
            file.write(found)
    finally:
        file.release()
    return bool(found)


def _blocks(seal: Seal) -> range:
    return blocks_of(min(seal.size, COUNT * BLOCK))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
