"""Files of an index that nothing leads to: left by a run that was killed, or by a document that failed."""

from __future__ import annotations

import shutil
from pathlib import Path

from mmrag.errors import LockedError
from mmrag.index.captions import carry
from mmrag.index.derived_file import FOLDER
from mmrag.index.lock import WriterLock
from mmrag.index.staging import FOLDER as STAGED
from mmrag.index.store import LOCK
from mmrag.index.writer import Writer

UNFINISHED = ".rebuilding"
"""The file in the folder of `rebuild_folder` that says that the new index is not whole yet."""


def rebuild_folder(path: Path) -> Path:
    """Where ``--rebuild`` builds the index anew that stands at ``path``; then the old one is there, to go."""
    return path.with_name(f".{path.name}.rebuild")


def sweep_rebuild(path: Path) -> None:
    """Remove what a killed ``--rebuild`` of this index has left; what its captioner said is kept.

    To be called by the one writer of the index. One that has just let the two indexes change places, and
    removes the old one, is left to do so.
    """
    left = rebuild_folder(path)
    if not left.is_dir() or left.is_symlink():
        return
    try:
        with WriterLock(left / LOCK):
            carry(left, path)
            shutil.rmtree(left)
    except LockedError:
        return


def sweep(writer: Writer) -> None:
    """Remove temporary files, vector files and pictures that the truth does not name.

    To be called by the one writer, after its last transaction.
    """
    path = writer.path
    named = {path / file for (file,) in writer.connection.execute("SELECT file FROM derived")}
    left = [*path.glob(".*.tmp"), *(set((path / FOLDER).glob("*")) - named)]
    pictures = {name for (name,) in writer.connection.execute("SELECT id FROM assets")}
    if not any((path / STAGED).glob("*/*")):  # whose pictures are there already
        left += [file for file in (path / "assets").glob("*/*") if file.stem not in pictures]
    for file in left:
        file.unlink(missing_ok=True)
