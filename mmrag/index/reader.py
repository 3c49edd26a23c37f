"""Reading the truth: documents, pages, elements and pictures by their rows and names."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmrag.errors import UsageError
from mmrag.index.assets import asset_path, check_asset
from mmrag.index.packing import unpack_lines
from mmrag.index.store import Store
from mmrag.types import BBox, Document, Element, FileReport, Filters, Kind, Line, Page, Status

Rows = NDArray[np.int64]

UNREAD = "unread"
"""The setting that holds what the last run passed over: reports, by path."""

DERIVED_AT = "derived_at"
"""The setting that holds the `Reader.state_mark` of which the vector files are."""

_ELEMENT = (
    "elements.row, elements.id, documents.id, pages.number, elements.kind, x0, y0, x1, y1, elements.text,"
    " elements.caption, elements.section, elements.position, elements.picture, elements.metadata"
)
_ELEMENT_FROM = (
    " FROM elements JOIN documents ON documents.row = elements.document"
    " JOIN pages ON pages.row = elements.page"
)


_KINDS = {kind.value: kind for kind in Kind}


class Reader(Store):
    """A store open for reading."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)

    def files(self) -> list[FileReport]:
        """What became of every file, and what was passed over, in the order of their paths."""
        rows = self.connection.execute("SELECT path, status, reason, pages, seconds FROM files").fetchall()
        with self.decoded():
            passed = [list(one.values()) for one in self.get(UNREAD, [])]
            found = {path: FileReport(path, Status(status), *rest) for path, status, *rest in rows + passed}
            return [found[path] for path in sorted(found)]

    def documents(self) -> dict[int, Document]:
        """All documents by row, in the order of their paths."""
        rows = self.connection.execute(
            "SELECT row, id, path, media_type, title, page_count, paged, metadata"
            " FROM documents ORDER BY path"
        )
        with self.decoded():
            return {
                row: Document(key, path, media_type, title, page_count, bool(paged), json.loads(metadata))
                for row, key, path, media_type, title, page_count, paged, metadata in rows
            }

    def pages(self, rows: Sequence[int]) -> dict[int, tuple[int, Page]]:
        """For rows of pages: the row of the document, and the page."""
        return {
            row: (document, Page(document_id, number, width, height, rotation, label))
            for row, document, document_id, number, width, height, rotation, label in self._in(
                "SELECT pages.row, documents.row, documents.id, number, width, height, rotation, label"
                " FROM pages JOIN documents ON documents.row = pages.document WHERE pages.row IN",
                rows,
            )
        }

    def page(self, document: str, number: int) -> tuple[int, Page] | None:
        """Row and value of a page, by its document's relative path and its number."""
        rows = self.connection.execute(
            "SELECT pages.row FROM pages JOIN documents ON documents.row = pages.document"
            " WHERE documents.path = ? AND number = ?",
            (document, number),
        ).fetchone()
        return None if rows is None else (rows[0], self.pages([rows[0]])[rows[0]][1])

    def page_places(self) -> tuple[Rows, Rows, Rows]:
        """Rows of all pages, rows of their documents, and their numbers, aligned ``(n,)`` int64."""
        rows, documents, numbers = self.columns("SELECT row, document, number FROM pages")
        return rows, documents, numbers

    def element_places(self) -> tuple[Rows, Rows]:
        """Rows of all elements, and rows of their pages, aligned ``(n,)`` int64."""
        rows, pages = self.columns("SELECT row, page FROM elements")
        return rows, pages

    def elements(self, rows: Sequence[int]) -> dict[int, Element]:
        """Elements by row."""
        found = self._in(f"SELECT {_ELEMENT}{_ELEMENT_FROM} WHERE elements.row IN", rows)
        with self.decoded():
            return {row[0]: _element(*row[1:]) for row in found}

    def elements_on(
        self, documents: Mapping[int, Document], rows: Sequence[int]
    ) -> dict[int, tuple[int, Page, Element]]:
        """For rows of elements: the row of the document, the page, and the element.

        The documents (by row) are at hand. Elements of one page share one value of it.
        """
        found = self._in(
            "SELECT page, pages.document, number, width, height, rotation, label, elements.row, id, kind,"
            " x0, y0, x1, y1, text, caption, section, position, picture, metadata"
            " FROM elements JOIN pages ON pages.row = page WHERE elements.row IN",
            rows,
        )
        pages: dict[int, Page] = {}
        elements: dict[int, tuple[int, Page, Element]] = {}
        with self.decoded():
            for page_row, owner, number, width, height, rotation, label, row, key, *rest in found:
                page = pages.get(page_row)
                if page is None:
                    page = Page(documents[owner].id, number, width, height, rotation, label)
                    pages[page_row] = page
                elements[row] = (owner, page, _element(key, page.document, number, *rest))
        return elements

    def boxes_of_pages(self, pages: Sequence[int]) -> dict[int, list[tuple[float, ...]]]:
        """For each of these pages (by row) its elements that have a box: their row, x0, y0, x1, y1.

        In reading order.
        """
        found: dict[int, list[tuple[float, ...]]] = {page: [] for page in pages}
        query = "SELECT page, row, x0, y0, x1, y1 FROM elements WHERE x0 IS NOT NULL AND page IN"
        for page, *box in self._in(query, pages, " ORDER BY page, position"):
            found[page].append(tuple(box))
        return found

    def elements_of_pages(self, pages: Sequence[int]) -> dict[int, list[int]]:
        """Rows of the elements of each of these pages (by row), in reading order."""
        found: dict[int, list[int]] = {page: [] for page in pages}
        query = "SELECT page, row FROM elements WHERE page IN"
        for page, row in self._in(query, pages, " ORDER BY page, position"):
            found[page].append(row)
        return found

    def lines(self, document: str, number: int) -> tuple[Line, ...]:
        """The lines of a page, by its document's relative path and its number; none for an unknown page."""
        row = self.connection.execute(
            "SELECT lines FROM pages JOIN documents ON documents.row = pages.document"
            " WHERE documents.path = ? AND number = ?",
            (document, number),
        ).fetchone()
        with self.decoded():
            return () if row is None else unpack_lines(row[0])

    def document_pages(
        self, document: int, behind: int = 0, at_most: int = -1
    ) -> list[tuple[int, Page, tuple[Line, ...]]]:
        """Row, value and lines of a document's pages (by its row), in their order.

        Args:
            document: its row.
            behind: only pages of a higher number.
            at_most: so many of them; -1 for all.
        """
        rows = self.connection.execute(
            "SELECT pages.row, documents.id, number, width, height, rotation, label, lines"
            " FROM pages JOIN documents ON documents.row = pages.document WHERE document = ? AND number > ?"
            " ORDER BY number LIMIT ?",
            (document, behind, at_most),
        )
        with self.decoded():
            return [(row, Page(*page), unpack_lines(lines)) for row, *page, lines in rows]

    def spaces(self) -> set[tuple[str, int, str, bool]]:
        """Name, dimension, fingerprint, and whether it is of pages, of every space."""
        rows = self.connection.execute("SELECT name, dim, fingerprint, paged FROM spaces")
        return {(name, dim, fingerprint, bool(paged)) for name, dim, fingerprint, paged in rows}

    def laid_counts(self, views: Sequence[str]) -> dict[str, int]:
        """Over how many documents each of these views has been laid."""
        counts = dict(self.connection.execute("SELECT name, count(*) FROM views GROUP BY name"))
        return {view: counts.get(view, 0) for view in views}

    def state_mark(self) -> list[int]:
        """Changes whenever a document was added or removed, or a view was laid over one."""
        row = self.connection.execute(
            "SELECT count(*), coalesce(max(row), 0), (SELECT count(*) FROM views) FROM documents"
        ).fetchone()
        return list(row)

    def unlaid(self, views: Sequence[str]) -> list[tuple[int, str]]:
        """Row and path of the documents that lack one of these views, in the order of their paths."""
        return self.connection.execute(
            "SELECT row, path FROM documents WHERE (SELECT count(*) FROM views WHERE document = row"
            " AND name IN (SELECT value FROM json_each(?))) < ? ORDER BY path",
            (json.dumps(list(views)), len(views)),
        ).fetchall()

    def find_elements(self, prefix: str) -> list[tuple[Document, Element]]:
        """Elements whose id begins so, with their documents; at most ten."""
        rows = self.connection.execute(
            f"SELECT documents.row, {_ELEMENT}{_ELEMENT_FROM}"
            " WHERE elements.id GLOB ? ORDER BY elements.row LIMIT 10",
            ("".join(c for c in prefix if c.isalnum()) + "*",),
        ).fetchall()
        documents = self.documents() if rows else {}
        with self.decoded():
            return [(documents[row[0]], _element(*row[2:])) for row in rows]

    def page_elements(self, document: str, number: int) -> list[Element]:
        """The elements of a page, in reading order."""
        rows = self.connection.execute(
            f"SELECT {_ELEMENT}{_ELEMENT_FROM} WHERE documents.path = ? AND pages.number = ?"
            " ORDER BY elements.position",
            (document, number),
        )
        with self.decoded():
            return [_element(*row[1:]) for row in rows]

    def snippets(self, chunks: Sequence[int]) -> dict[int, str]:
        """The readable part of chunks, by row."""
        return dict(self._in("SELECT row, snippet FROM chunks WHERE row IN", chunks))

    def asset(self, asset_id: str) -> Path:
        """The file of a picture, checked.

        Raises:
            UsageError: if the index has no such picture.
            CorruptError: if the file is missing or damaged.
        """
        row = self.connection.execute("SELECT media_type FROM assets WHERE id = ?", (asset_id,)).fetchone()
        if row is None:
            raise UsageError(f"the index {self.path} has no picture {asset_id}")
        return check_asset(asset_path(self.path, asset_id, row[0]))

    def matching(self, filters: Filters, documents: dict[int, Document]) -> list[int]:
        """Rows of the documents that the filters' documents and metadata allow."""
        wanted = {found.path for given in filters.documents for found in named(documents.values(), given)}
        return [
            row
            for row, document in documents.items()
            if (not filters.documents or document.path in wanted)
            and all(document.metadata.get(key) == value for key, value in filters.metadata.items())
        ]

    def _in(self, query: str, rows: Iterable[int], tail: str = "") -> list[Any]:
        # One bound JSON array serves any number of rows.
        return self.connection.execute(
            f"{query} (SELECT value FROM json_each(?)){tail}", (str([int(row) for row in rows]),)
        ).fetchall()


def named(documents: Iterable[Document], given: str) -> list[Document]:
    """Those of this path or id; else those whose id begins so (8 digits or more), or that match this glob.

    A path may itself look like a pattern for others.
    """
    known = list(documents)
    return [document for document in known if given in (document.path, document.id)] or [
        document
        for document in known
        if (len(given) >= 8 and document.id.startswith(given)) or fnmatch.fnmatchcase(document.path, given)
    ]


@lru_cache(maxsize=4096)
def _section(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))


def _element(
    key: str,
    document: str,
    page: int,
    kind: str,
    x0: float | None,
    y0: float,
    x1: float,
    y1: float,
    text: str,
    caption: str,
    section: str,
    order: int,
    picture: str | None,
    metadata: str,
) -> Element:
    """The element of a row of `_ELEMENT`."""
    return Element(
        key,
        document,
        page,
        _KINDS[kind],
        None if x0 is None else BBox(x0, y0, x1, y1),
        text,
        caption,
        _section(section),
        order,
        picture,
        {} if metadata == "{}" else json.loads(metadata),
    )
