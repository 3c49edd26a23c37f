"""The derived file of one space: written beside, named by its checksum, read only if it is whole."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from mmrag.errors import CorruptError
from mmrag.index.files import sha256_of, write_atomically
from mmrag.index.store import Store

FOLDER = "vectors"
_LOG = logging.getLogger(__name__)
_Content = TypeVar("_Content")


def write_derived_file(
    index: Path, space: str, suffix: str, write: Callable[[Path], None]
) -> tuple[str, str]:
    """Write a space's file into the folder of derived files; its name relative to the index, and its sha256.

    Args:
        index: the folder of the index.
        space: name of the space.
        suffix: of the file, with its dot.
        write: called with a path; must create that file and close it.
    """
    folder = index / FOLDER
    folder.mkdir(exist_ok=True)
    fresh = folder / f"{space.replace(':', '-').replace('/', '-')}.new"
    write_atomically(fresh, write)
    checksum = sha256_of(fresh)
    final = folder / f"{checksum[:16]}{suffix}"
    fresh.replace(final)
    return f"{FOLDER}/{final.name}", checksum


def read_derived_file(
    store: Store, row: int, space: str, read: Callable[[Path], _Content]
) -> _Content | None:
    """What is in a space's file, or ``None`` where there is none, or none that is whole, which is logged.

    Args:
        store: the index.
        row: of the space.
        space: its name.
        read: called with the path of a file whose checksum is right; raises CorruptError or OSError if it
            can't make anything of it.
    """
    found = store.connection.execute("SELECT file, sha256 FROM derived WHERE space = ?", (row,)).fetchone()
    if found is None:
        return None
    path = store.path / FOLDER / Path(found[0]).name
    try:
        if sha256_of(path) == found[1]:
            return read(path)
        reason = f"{path} is damaged"
    except (CorruptError, OSError) as error:  # a writer may have put another in its place
        reason = str(error)
    _LOG.warning("the vectors of %s are read from the database until mmrag repair: %s", space, reason)
    return None
