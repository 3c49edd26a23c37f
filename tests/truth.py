"""All that is in an index's truth and must not depend on how it came to be there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mmrag.index.reader import Reader

_PAGE = "SELECT pages.row AS page, path, number FROM pages JOIN documents ON documents.row = document"

_QUERIES = {
    "documents": "SELECT path, id, media_type, title, page_count, paged, metadata FROM documents"
    " ORDER BY path",
    "files": "SELECT path, size, sha256, status, reason, pages FROM files ORDER BY path",
    "views": "SELECT path, name, error FROM views JOIN documents ON row = document ORDER BY path, name",
    "assets": "SELECT * FROM assets ORDER BY id",
    "pages": "SELECT path, number, width, height, rotation, label, error, lines, terms FROM pages"
    " JOIN documents ON documents.row = document LEFT JOIN page_terms ON page_terms.rowid = pages.row"
    " ORDER BY path, pages.row",
    "elements": "SELECT path, number, id, kind, x0, y0, x1, y1, text, caption, section, position, picture,"
    f" metadata, terms FROM elements JOIN ({_PAGE}) USING (page)"
    " LEFT JOIN element_terms ON element_terms.rowid = elements.row ORDER BY path, elements.row",
    "chunks": "SELECT name, path, number, elements.id, snippet, vectors.key, vectors.vector FROM chunks"
    " JOIN vectors ON vectors.row = chunks.vector JOIN spaces ON spaces.row = space"
    f" JOIN elements ON elements.row = element JOIN ({_PAGE}) AS place ON place.page = chunks.page"
    " ORDER BY name, path, chunks.row",
    "page_vectors": "SELECT name, path, number, count, vectors, boxes FROM page_vectors"
    f" JOIN spaces ON spaces.row = space JOIN ({_PAGE}) USING (page) ORDER BY name, path, page",
}


Truth = dict[str, list[tuple[Any, ...]]]
"""Rows by table."""


def truth(path: Path) -> Truth:
    """What each table holds, of each document in the order of its rows; times and rows are left out."""
    reader = Reader(path)
    try:
        with reader.snapshot():
            return {table: reader.connection.execute(query).fetchall() for table, query in _QUERIES.items()}
    finally:
        reader.close()
