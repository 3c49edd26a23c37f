"""Page vectors and their boxes, read from where SQLite keeps them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import numpy as np

from mmrag.index.multivector.packed import Array, Matrix, Rows
from mmrag.index.packing import unpack_boxes

_BATCH = 64


def page_rows(connection: sqlite3.Connection, space: int) -> Rows:
    """``(p,)`` int64, ascending: the pages that have vectors in this space."""
    rows = connection.execute("SELECT page FROM page_vectors WHERE space = ? ORDER BY page", (space,))
    return np.fromiter((row for (row,) in rows), np.int64)


def page_vectors(
    connection: sqlite3.Connection, space: int, dim: int, pages: Rows
) -> Iterator[tuple[Rows, list[Array]]]:
    """Batches of pages with their ``(n, dim)`` float16 vectors, ascending; pages that are gone left out."""
    for start in range(0, len(pages), _BATCH):
        part = [int(page) for page in pages[start : start + _BATCH]]
        found = connection.execute(
            "SELECT page, vectors FROM page_vectors"
            f" WHERE space = ? AND page IN ({','.join('?' * len(part))}) ORDER BY page",
            (space, *part),
        ).fetchall()
        rows = np.array([page for page, _ in found], np.int64)
        yield rows, [np.frombuffer(blob, "<f2").reshape(-1, dim) for _, blob in found]


def boxes_of(connection: sqlite3.Connection, space: int, page: int) -> Matrix:
    """``(n, 4)`` float32 in page fractions; NaN for a vector of no place. No rows for an unknown page."""
    found = connection.execute(
        "SELECT boxes FROM page_vectors WHERE space = ? AND page = ?", (space, page)
    ).fetchone()
    return unpack_boxes(found[0] if found else b"")
