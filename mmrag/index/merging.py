"""Pages of one document from a database of the truth's schema into the truth, all rows numbered anew."""

from __future__ import annotations

import sqlite3

from mmrag.index.writer import Writer

_BOX = "x0, y0, x1, y1"


def merge(source: sqlite3.Connection, truth: Writer, document: int) -> list[tuple[str, str]]:
    """Copy the pages in ``source``, and all that rests on them, behind those that the truth has.

    Call inside ``with truth.writing():``.

    Args:
        source: holds pages of one document.
        truth: the index.
        document: the document's row in it.

    Returns:
        The views that have been laid over these pages, and what each lacks of them.
    """
    into = truth.connection
    page, element = _last(truth, "pages"), _last(truth, "elements")
    into.executemany(
        "INSERT OR IGNORE INTO assets VALUES (?, ?, ?, ?)", source.execute("SELECT * FROM assets ORDER BY id")
    )
    columns = "number, width, height, rotation, label, error, lines"
    _copy(source, truth, "pages", f"row, document, {columns}", f"row + {page}, {document}, {columns}")
    columns = f"kind, {_BOX}, text, caption, section, position, picture, metadata"
    _copy(
        source,
        truth,
        "elements",
        f"row, id, document, page, {columns}",
        f"row + {element}, id, {document}, page + {page}, {columns}",
    )
    for table, offset in (("page_terms", page), ("element_terms", element)):
        _copy(source, truth, table, "rowid, terms", f"rowid + {offset}, terms", "rowid")
    _merge_lists(source, truth, document, page, element)
    return _laid(source)


def merge_views(source: sqlite3.Connection, truth: Writer, document: int) -> list[tuple[str, str]]:
    """Copy the views in ``source``, which have been laid over pages of the truth, with what they found out.

    Call inside ``with truth.writing():``. Arguments and result are those of `merge`.
    """
    rows = "SELECT row, metadata, terms FROM elements LEFT JOIN element_terms ON element_terms.rowid = row"
    for row, metadata, terms in source.execute(f"{rows} ORDER BY row"):
        truth.put_description(row, metadata, terms)
    _merge_lists(source, truth, document, 0, 0)
    return _laid(source)


def _laid(source: sqlite3.Connection) -> list[tuple[str, str]]:
    return source.execute("SELECT name, error FROM views ORDER BY name").fetchall()


def _merge_lists(source: sqlite3.Connection, truth: Writer, document: int, page: int, element: int) -> None:
    """Copy spaces, vectors and chunks; rows of pages and elements are so many higher in the truth."""
    into = truth.connection
    spaces = {
        row: truth.space(name, dim, fingerprint, paged=bool(paged))
        for row, name, dim, fingerprint, paged in source.execute(
            "SELECT row, name, dim, fingerprint, paged FROM spaces ORDER BY row"
        )
    }
    vectors = _merge_vectors(source, truth)
    into.executemany(
        "INSERT INTO chunks (space, document, page, element, vector, snippet) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (spaces[space], document, on + page, of + element, vectors[vector], snippet)
            for space, on, of, vector, snippet in source.execute(
                "SELECT space, page, element, vector, snippet FROM chunks ORDER BY row"
            )
        ),
    )
    into.executemany(
        "INSERT INTO page_vectors (page, space, document, count, vectors, boxes) VALUES (?, ?, ?, ?, ?, ?)",
        (
            (on + page, spaces[space], document, *rest)
            for on, space, *rest in source.execute(
                "SELECT page, space, count, vectors, boxes FROM page_vectors ORDER BY page, space"
            )
        ),
    )


def _merge_vectors(source: sqlite3.Connection, truth: Writer) -> dict[int, int]:
    """From rows of vectors in ``source`` to their rows in the truth, which keeps one of equal content."""
    encoders = {
        row: truth.encoder(fingerprint)
        for row, fingerprint in source.execute("SELECT row, fingerprint FROM encoders ORDER BY row")
    }
    rows: dict[int, int] = {}
    for row, encoder, key, vector in source.execute(
        "SELECT row, encoder, key, vector FROM vectors ORDER BY row"
    ):
        known = truth.known_vectors(encoders[encoder], [key])
        rows[row] = known[key] if known else truth.put_vector(encoders[encoder], key, vector)
    return rows


def _copy(
    source: sqlite3.Connection, truth: Writer, table: str, columns: str, values: str, order: str = "row"
) -> None:
    marks = ", ".join("?" * len(columns.split(", ")))
    truth.connection.executemany(
        f"INSERT INTO {table} ({columns}) VALUES ({marks})",
        source.execute(f"SELECT {values} FROM {table} ORDER BY {order}"),
    )


def _last(truth: Writer, table: str) -> int:
    """The last row that the table has ever had; its next row is one more."""
    found = truth.connection.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return 0 if found is None else int(found[0])
