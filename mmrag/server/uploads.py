"""Files that clients bring: into one folder, under names that lead nowhere else, never over what is there."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path
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


def keep(file: BinaryIO, name: str, root: Path) -> str:
    """Put an uploaded file into the folder of uploads, whole or not at all.

    Args:
        file: open for reading.
        name: a `safe_name`.
        root: the folder that the index is of.

    Returns:
        Its path relative to ``root``.

    Raises:
        UsageError: if another file is there under this name, or the index is not of a folder.
    """
    if not root.is_dir():
        raise UsageError("this index is of a single file, not of a folder: nothing can be added to it")
    folder = root / FOLDER
    folder.mkdir(exist_ok=True)
    if folder.is_symlink():
        raise UsageError(f"{FOLDER} leads out of the folder: it must be a folder itself")
    final = folder / name
    descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as out:
            shutil.copyfileobj(file, out, _BLOCK)
            out.flush()
            os.fsync(out.fileno())
        Path(temporary).chmod(0o644)
        try:
            os.link(temporary, final)  # unlike a rename, it never replaces what is there
        except FileExistsError:
            if final.is_symlink() or hash_file(final) != hash_file(Path(temporary)):
                raise UsageError(f"there is another file called {name}: rename one of them") from None
    finally:
        Path(temporary).unlink()
    return f"{FOLDER}/{name}"


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
