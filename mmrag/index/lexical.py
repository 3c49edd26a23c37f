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
) -> tuple[Rows, Scores]:
    """The best rows for any of these words, best first; ties in the order of rows.

    Args:
        connection: to the truth.
        table: which word index.
        words: terms, as `mmrag.text.terms` cuts them.
        limit: at most so many rows.
        allowed: only these rows, if given.

    Returns:
        ``(n,)`` rows and ``(n,)`` scores, higher is better.
    """
    if not words:
        return np.empty(0, np.int64), np.empty(0, np.float64)
    match = " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
    name = table.value
    query = f"SELECT rowid, -rank FROM {name} WHERE {name} MATCH ?"
    values: list[str | int] = [match]
    if allowed is not None:
        query += " AND rowid IN (SELECT value FROM json_each(?))"
        values.append(json.dumps(allowed.tolist()))
    found = matches(connection, query + " ORDER BY rank, rowid LIMIT ?", (*values, limit))
    rows, scores = zip(*found, strict=True) if found else ((), ())
    return np.fromiter(rows, np.int64, len(rows)), np.fromiter(scores, np.float64, len(scores))


def matches(
    connection: sqlite3.Connection, query: str, values: Sequence[str | int]
) -> list[tuple[int, float]]:
    """What a statement of FTS5 gives; by itself, so that benchmarks/speed.py can tell its time from ours."""
    return connection.execute(query, values).fetchall()
