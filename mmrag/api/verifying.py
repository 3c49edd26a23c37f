"""Saying what is wrong with an index, without changing it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mmrag.api.opened import folder_of
from mmrag.errors import CorruptError
from mmrag.index.mending.checks import Finding, index_findings
from mmrag.index.mending.derived_checks import unequal_files
from mmrag.index.reader import Reader
from mmrag.index.sealing.seal import SEAL
from mmrag.ingest.walk import hash_file


def verify(place: str | Path, *, deep: bool = False) -> tuple[Finding, ...]:
    """What is not as it should be with the index at a path, or of that name under ``indexes/``.

    Compares the database with its seal, and vector files, pictures and descriptions with their checksums, and
    lets SQLite check itself: every byte is read once.

    Args:
        place: path or name. The index need not be one that can be opened.
        deep: also let SQLite check all of its indexes, compare the vector files with what the database would
            write, look at every vector, and compare the folder's files with what was read of them.

    Returns:
        One finding for each thing; nothing that is not ``harmless`` if the index is whole.

    Raises:
        NotAnIndexError: if there is none. SchemaError: if another version of mmrag has written it.
    """
    folder = folder_of(place)
    while True:
        sealed = _bytes(folder / SEAL)
        found = list(index_findings(folder, deep=deep))
        if deep:
            found += _deep_findings(folder)
        # A run that ends meanwhile takes files away that were looked for.
        if all(one.harmless for one in found) or _bytes(folder / SEAL) == sealed:
            return tuple(found)


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.is_file() else b""


def _deep_findings(folder: Path) -> Iterator[Finding]:
    try:
        reader = Reader(folder)
    except CorruptError:
        return  # said already
    with closing(reader):
        yield from unequal_files(reader)
        yield from _source_findings(reader)


def _source_findings(reader: Reader) -> Iterator[Finding]:
    """Files that have changed or gone since they were read: the next run follows them."""
    root = Path(reader.get("root", ""))
    base = root.parent if root.is_file() else root
    for path, checksum in reader.connection.execute("SELECT path, sha256 FROM files ORDER BY path"):
        try:
            same = not checksum or hash_file(base / path) == checksum
        except OSError as error:
            reason = error.strerror or str(error)
            yield Finding(path, f"can't be compared with what was read of it: {reason}", harmless=True)
            continue
        if not same:
            problem = "has changed since it was read: the next mmrag index reads it again"
            yield Finding(path, problem, harmless=True)
