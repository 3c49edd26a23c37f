"""Files of an index that nothing leads to: left by a run that was killed, or by a document that failed."""

from __future__ import annotations

from mmrag.index.derived_file import FOLDER
from mmrag.index.staging import FOLDER as STAGED
from mmrag.index.writer import Writer


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
