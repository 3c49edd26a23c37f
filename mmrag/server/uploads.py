"""Files that clients bring: into one folder, under names that lead nowhere else, never over what is there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from mmrag.errors import UnsupportedError, UsageError
from mmrag.ingest.sniff import ENDINGS
from mmrag.ingest.walk import hash_file

FOLDER = "uploads"
"""Where they go, in the folder that the index is of. What is elsewhere is the user's own, and stays."""

_LONGEST = 200
_BLOCK = 1 << 20


def safe_name(given: str, endings: Collection[str] = ()) -> str:
    """The name under which an uploaded file is kept.

    Args:
        given: as the client says it, a path perhaps, of any system.
        endings: that are read besides those of mmrag's own ingestors.

    Raises:
        UsageError: if nothing of it can be a name. UnsupportedError: if no ingestor reads such files.
    """
    name = given.replace("\\", "/").rpartition("/")[2].strip()
    if not name.strip(".") or name.startswith(".") or not name.isprintable():
        raise UsageError(f"a file can't be called {given[:60]!r}: rename it")
    if len(name.encode("utf-8", "replace")) > _LONGEST:
        raise UsageError(f"the name {name[:30]}… is longer than {_LONGEST} bytes: rename the file")
    ending = Path(name).suffix.lower()
    if ending not in ENDINGS and ending not in endings:
        raise UnsupportedError(f"{name}: no ingestor reads files that end in {ending or 'nothing'}")
    return name


def keep(files: Iterable[tuple[str, BinaryIO]], root: Path) -> list[str]:
    """Put uploaded files into the folder of uploads, all of them or none.

    Args:
        files: each a `safe_name` and what is open for reading.
        root: the folder that the index is of.

    Returns:
        Their paths relative to ``root``.

    Raises:
        UsageError: if another file is there under one of the names, or the index is not of a folder.
    """
    if not root.is_dir():
        raise UsageError("this index is of a single file, not of a folder: nothing can be added to it")
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise UsageError(f"{FOLDER} leads out of the folder: it must be a folder itself")
    saved: list[str] = []
    with TemporaryDirectory(prefix=".", suffix=".part", dir=folder) as staging, ExitStack() as undo:
        copies = [(name, _copied(file, Path(staging, str(at)))) for at, (name, file) in enumerate(files)]
        for name, copy in copies:
            if _link(copy, folder / name):
                undo.callback((folder / name).unlink)
            saved.append(f"{FOLDER}/{name}")
        undo.pop_all()
    return saved


def _copied(file: BinaryIO, place: Path) -> Path:
    with place.open("xb") as out:
        shutil.copyfileobj(file, out, _BLOCK)
        out.flush()
        os.fsync(out.fileno())
    place.chmod(0o644)
    return place


def _link(copy: Path, final: Path) -> bool:
    """Whether it was not there before."""
    try:
        os.link(copy, final)  # unlike a rename, it never replaces what is there
    except FileExistsError:
        if final.is_symlink() or hash_file(final) != hash_file(copy):
            raise UsageError(f"there is another file called {final.name}: rename one of them") from None
        return False
    return True


def discard(path: str, root: Path) -> bool:
    """Delete the file of a removed document, if it was uploaded; whether it is gone.

    Args:
        path: of the document, relative to ``root``.
        root: the folder that the index is of.
    """
    if Path(path).parent != Path(FOLDER) or (root / FOLDER).is_symlink():
        return False
    (root / path).unlink(missing_ok=True)
    return True
