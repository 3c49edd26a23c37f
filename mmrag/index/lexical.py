"""BM25 (Robertson & Zaragoza 2009; k1 = 1.2, b = 0.75) over FTS5, for pages and for elements."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


class Terms(StrEnum):
    """The two word indexes, by the name of their table."""

    PAGES = "page_terms"
    ELEMENTS = "element_terms"

    @property
    def list(self) -> str:
        """Name of its ranked list."""
        return self.value.replace("_", "-")


def bm25(
    connection: sqlite3.Connection,
    table: Terms,
    words: Sequence[str],
    limit: int,
    allowed: Rows | None = None,
) -> tuple[Rows, Rows, Scores]:
    """The best rows for any of these words, best first; ties in the order of rows.

    Args:
        connection: to the truth.
        table: which word index.
        words: terms, as `mmrag.text.terms` cuts them.
        limit: at most so many rows.
        allowed: only these rows, if given.

    Returns:
        ``(n,)`` rows, ``(n,)`` rows of their pages, and ``(n,)`` scores, higher is better.
    """
    if not words:
        return np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float64)
    match = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
    query = f"SELECT rowid, -rank AS score FROM {table} WHERE {table} MATCH ?"
    values: list[str | int] = [match]
    if allowed is not None:
        query += " AND rowid IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(allowed.tolist()))
    query += " ORDER BY rank, rowid LIMIT ?"
    if table is Terms.ELEMENTS:
        # Pages are looked up after the limit has been applied, not for every match.
        query = f"SELECT rowid, page, score FROM ({query}) JOIN elements ON row = rowid"
        query += " ORDER BY score DESC, rowid"
    else:
        query = f"SELECT rowid, rowid, score FROM ({query})"
    found = np.array(connection.execute(query, (*values, limit)).fetchall(), np.float64).reshape(-1, 3)
    return found[:, 0].astype(np.int64), found[:, 1].astype(np.int64), found[:, 2]
