"""Files that clients bring: into one folder, under names that lead nowhere else, never over what is there."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Collection, Iterable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO

from mmrag.errors import NO_ROOM, DiskFullError, IndexStoreError, UnsupportedError, UsageError
from mmrag.ingest.sniff import ENDINGS
from mmrag.ingest.walk import hash_file

FOLDER = "uploads"
"""Where they go, in the folder that the index is of. What is elsewhere is the user's own, and stays."""

_LONGEST = 200
_BLOCK = 1 << 20
_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)


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
        DiskFullError: if there is no room. IndexStoreError: if the folder can't be written to.
    """
    try:
        return _kept(files, _folder(root))
    except OSError as error:
        if error.errno in NO_ROOM:
            raise DiskFullError(f"no room for what was uploaded: make some on the disk of {root}") from error
        raise IndexStoreError(
            f"{root / FOLDER} can't be written to ({error.strerror}), so nothing was kept: see that the user "
            "who runs the server may write there"
        ) from error


def _folder(root: Path) -> Path:
    """The folder of uploads, made if it was not there."""
    if root.is_file():
        raise UsageError("this index is of a single file, not of a folder: nothing can be added to it")
    if root == Path():
        raise UsageError("this index is of no folder yet: run mmrag index FOLDER, then upload again")
    if not root.is_dir():
        raise UsageError(f"the folder {root} of this index is gone: bring it back, then upload again")
    folder = root / FOLDER
    if folder.is_symlink():
        raise UsageError(f"{FOLDER} leads out of the folder: it must be a folder itself")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{FOLDER} is a file, but uploads go into a folder of that name: rename the file")
    folder.mkdir(exist_ok=True)
    return folder


def _kept(files: Iterable[tuple[str, BinaryIO]], folder: Path) -> list[str]:
    saved: list[str] = []
    with TemporaryDirectory(prefix=".", suffix=".part", dir=folder) as staging, ExitStack() as undo:
        copies = [(name, _copied(file, Path(staging, str(at)))) for at, (name, file) in enumerate(files)]
        for name, copy in copies:
            if _placed(copy, folder / name):
                undo.callback((folder / name).unlink)
            saved.append(f"{FOLDER}/{name}")
        undo.pop_all()
    return saved


def _copied(file: BinaryIO, place: Path) -> Path:
    with place.open("xb") as out, ExitStack() as undo:
        undo.callback(place.unlink)
        shutil.copyfileobj(file, out, _BLOCK)
        out.flush()
        os.fsync(out.fileno())
        undo.pop_all()
    return place


def _placed(copy: Path, final: Path) -> bool:
    """Whether it was not there before."""
    try:
        _link(copy, final)
    except FileExistsError:
        if final.is_symlink() or not final.is_file() or hash_file(final) != hash_file(copy):
            raise UsageError(f"there is another file called {final.name}: rename one of them") from None
        return False
    return True


def _link(copy: Path, final: Path) -> None:
    """Unlike a rename, it never replaces what is there; nor does a copy, where there are no links (exFAT)."""
    try:
        os.link(copy, final)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        with copy.open("rb") as file:
            _copied(file, final)


def discard(path: str, root: Path) -> bool:
    """Delete the file of a removed document, if it was uploaded; whether it is gone.

    Args:
        path: of the document, relative to ``root``.
        root: the folder that the index is of.
    """
    if Path(path).parent != Path(FOLDER) or (root / FOLDER).is_symlink():
        return False
    try:
        (root / path).unlink(missing_ok=True)
    except OSError:  # not permitted: it stays, as the client is told
        return False
    return True
