"""Page vectors and their boxes, read from where SQLite keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import numpy as np

from mmrag.index.multivector.packed import Array, Matrix, Rows
from mmrag.index.packing import unpack_boxes

_BATCH = 64


def page_rows(connection: sqlite3.Connection, space: int) -> Rows:
    """``(p,)`` int64, ascending: the pages of this space, read from the index of the table alone."""
    found = connection.execute("SELECT page FROM page_vectors WHERE space = ? ORDER BY page", (space,))
    return np.fromiter((page for (page,) in found), np.int64)


def count_vectors(connection: sqlite3.Connection, space: int) -> int:
    """How many vectors the pages of this space have together."""
    found = connection.execute("SELECT sum(count) FROM page_vectors WHERE space = ?", (space,)).fetchone()
    return int(found[0] or 0)


def page_counts(connection: sqlite3.Connection, space: int, pages: Rows) -> Rows:
    """``(len(pages),)`` int64: how many vectors each of these pages of this space has."""
    query = "SELECT count FROM page_vectors WHERE space = ? AND page = ?"
    counts = (connection.execute(query, (space, page)).fetchone()[0] for page in pages.tolist())
    return np.fromiter(counts, np.int64, len(pages))


def page_vectors(
    connection: sqlite3.Connection, space: int, dim: int, pages: Rows
) -> Iterator[tuple[int, Array]]:
    """Row and ``(n, dim)`` float16 vectors of these pages, ascending; pages that are gone are left out."""
    for page, blob in _read(connection, "page, vectors", space, pages):
        yield page, np.frombuffer(blob, "<f2").reshape(-1, dim)


def page_places(
    connection: sqlite3.Connection, space: int, dim: int, pages: Rows
) -> Iterator[tuple[int, Array, Matrix]]:
    """As `page_vectors`, and the vectors' ``(n, 4)`` float32 boxes in page fractions; NaN for no place."""
    for page, blob, boxes in _read(connection, "page, vectors, boxes", space, pages):
        yield page, np.frombuffer(blob, "<f2").reshape(-1, dim), unpack_boxes(boxes)


def _read(connection: sqlite3.Connection, columns: str, space: int, pages: Rows) -> Iterator[tuple[Any, ...]]:
    pages = np.sort(pages)
    for start in range(0, len(pages), _BATCH):
        part = [int(page) for page in pages[start : start + _BATCH]]
        yield from connection.execute(
            f"SELECT {columns} FROM page_vectors"
            f" WHERE space = ? AND page IN ({','.join('?' * len(part))}) ORDER BY page",
            (space, *part),
        )
