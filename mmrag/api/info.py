"""What an index holds, in numbers."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mmrag.index.unfinished import Unfinished


@dataclass(frozen=True, slots=True)
class IndexInfo:
    """What an index holds.

    Attributes:
        name: of its folder. path: of its folder.
        root: the folder it is of.
        recipe: name of the recipe it was built with.
        views: the strategies that search it, with the number of documents that each is laid over.
        documents, pages, figures, tables, chunks: counts.
        bytes: size on disk.
        schema: version of the database's schema.
        updated: UTC time of the last change, ISO 8601; empty if a first run has not ended yet.
        fingerprints: what shaped the elements and vectors.
        unfinished: what a run that was stopped, or is under way, has left to be done; ``None`` if none has.
        writer: the process that is writing; empty if none is.
        state: both in one line, with what to do; empty if nothing is to be said.
    """

    name: str
    path: str
    root: str
    recipe: str
    views: Mapping[str, int]
    documents: int
    pages: int
    figures: int
    tables: int
    chunks: int
    bytes: int
    schema: int
    updated: str
    fingerprints: Mapping[str, str]
    unfinished: Unfinished | None = None
    writer: str = ""
    state: str = ""


def size_of(folder: Path) -> int:
    """Bytes of all files; those that a writer takes away meanwhile count nothing."""
    total = 0
    for file in folder.rglob("*"):
        with contextlib.suppress(FileNotFoundError):
            total += file.stat().st_size if file.is_file() else 0
    return total
