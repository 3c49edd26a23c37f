"""Writing to the truth. Every method belongs inside ``with store.writing():``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmrag.index.assets import write_asset
from mmrag.index.outcome import outcome
from mmrag.index.packing import pack_boxes, pack_lines
from mmrag.index.reader import DERIVED_AT, Reader
from mmrag.index.store import Store
from mmrag.text.terms import terms
from mmrag.types import Asset, Document, Element, FileReport, Line, Metadata, ParsedPage, Status

LACKING = (
    "(error != '' OR name = 'caption' AND EXISTS (SELECT 1 FROM elements"
    " WHERE elements.document = views.document AND metadata ->> 'description_error' IS NOT NULL))"
)
"""Of a row of ``views``: something could not be drawn or described."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as a run saw it: enough to know later whether it has changed, and what became of it."""

    size: int
    mtime_ns: int
    sha256: str
    report: FileReport


def content_key(content: str) -> bytes:
    """16 bytes that stand for a chunk's text, or for a picture by its asset id."""
    return hashlib.blake2b(content.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Writer(Reader):
    """A store open for writing; it reads what it has written before it is committed."""

    def __init__(self, path: Path) -> None:
        Store.__init__(self, path, writable=True)

    def file_states(self) -> dict[str, FileState]:
        """Every file that was seen before, by relative path."""
        rows = self.connection.execute(
            "SELECT size, mtime_ns, sha256, path, status, reason, pages, seconds FROM files"
        )
        return {
            path: FileState(size, mtime_ns, sha256, FileReport(path, Status(status), *rest))
            for size, mtime_ns, sha256, path, status, *rest in rows
        }

    def put_file(self, state: FileState) -> None:
        """Remember what became of a file."""
        report = state.report
        self.connection.execute(
            "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                report.path,
                state.size,
                state.mtime_ns,
                state.sha256,
                report.status.value,
                report.reason,
                report.pages,
                report.seconds,
            ),
        )

    def forget_file(self, path: str) -> None:
        """Drop the file's line and all that its document brought."""
        self.remove_document(path)
        self.connection.execute("DELETE FROM files WHERE path = ?", (path,))

    def remove_document(self, path: str) -> None:
        """Drop the document at this relative path, if there is one, with all that belongs to it."""
        self.connection.execute("DELETE FROM documents WHERE path = ?", (path,))

    def move_document(self, old: str, new: str) -> None:
        """The same bytes now stand at another relative path."""
        self.connection.execute("UPDATE documents SET path = ? WHERE path = ?", (new, old))
        self.connection.execute("DELETE FROM files WHERE path = ?", (old,))

    def add_document(self, document: Document) -> int:
        """Its row."""
        cursor = self.connection.execute(
            "INSERT INTO documents (id, path, media_type, title, page_count, paged, metadata)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                document.id,
                document.path,
                document.media_type,
                document.title,
                document.page_count,
                document.paged,
                _json(document.metadata),
            ),
        )
        return _row(cursor.lastrowid)

    def set_page_count(self, document: int, count: int) -> None:
        """Correct the number of pages once all of them have been seen."""
        self.connection.execute("UPDATE documents SET page_count = ? WHERE row = ?", (count, document))

    def add_page(self, document: int, parsed: ParsedPage, text: str) -> int:
        """Its row. ``text`` is what a word search over whole pages finds it by."""
        page = parsed.page
        cursor = self.connection.execute(
            "INSERT INTO pages (document, number, width, height, rotation, label, error, lines)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                document,
                page.number,
                page.width,
                page.height,
                page.rotation,
                page.label,
                parsed.error,
                pack_lines(parsed.lines),
            ),
        )
        row = _row(cursor.lastrowid)
        self._add_terms("page_terms", row, text)
        return row

    def add_element(self, document: int, page: int, element: Element, text: str) -> int:
        """Its row. ``text`` is what a word search over elements finds it by."""
        box = element.bbox.as_tuple() if element.bbox else (None,) * 4
        cursor = self.connection.execute(
            "INSERT INTO elements (id, document, page, kind, x0, y0, x1, y1, text, caption, section,"
            " position, picture, metadata) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                element.id,
                document,
                page,
                element.kind.value,
                *box,
                element.text,
                element.caption,
                json.dumps(element.section),
                element.order,
                element.picture,
                _json(element.metadata),
            ),
        )
        row = _row(cursor.lastrowid)
        self._add_terms("element_terms", row, text)
        return row

    def describe_element(self, row: int, element: Element, text: str) -> None:
        """Keep what a view has found out about an element: its metadata, and the words it is found by."""
        self.put_description(row, _json(element.metadata), " ".join(terms(text)))

    def put_description(self, row: int, metadata: str, words: str | None) -> None:
        """As `describe_element`; the metadata and the words are given as they are kept."""
        self.connection.execute("UPDATE elements SET metadata = ? WHERE row = ?", (metadata, row))
        self.connection.execute("DELETE FROM element_terms WHERE rowid = ?", (row,))
        self._put_terms("element_terms", row, words)

    def put_element(self, row: int, element: Element, text: str) -> None:
        """Write what an element says anew: words, caption, section, picture, metadata. As `add_element`."""
        self.connection.execute(
            "UPDATE elements SET text = ?, caption = ?, section = ?, picture = ? WHERE row = ?",
            (element.text, element.caption, json.dumps(element.section), element.picture, row),
        )
        self.describe_element(row, element, text)

    def remove_element(self, row: int) -> None:
        """Drop an element."""
        self.connection.execute("DELETE FROM elements WHERE row = ?", (row,))

    def put_page(self, row: int, lines: Sequence[Line], text: str) -> None:
        """Write the lines of a page anew, and what a word search over whole pages finds it by."""
        self.connection.execute("UPDATE pages SET lines = ? WHERE row = ?", (pack_lines(lines), row))
        self.connection.execute("DELETE FROM page_terms WHERE rowid = ?", (row,))
        self._add_terms("page_terms", row, text)

    def _add_terms(self, table: str, row: int, text: str) -> None:
        self._put_terms(table, row, " ".join(terms(text)))

    def _put_terms(self, table: str, row: int, words: str | None) -> None:
        if words:
            self.connection.execute(f"INSERT INTO {table} (rowid, terms) VALUES (?, ?)", (row, words))

    def add_asset(self, asset: Asset) -> None:
        """Keep a picture: its file first, then its line."""
        write_asset(self.path, asset)
        self.connection.execute(
            "INSERT OR IGNORE INTO assets VALUES (?, ?, ?, ?)",
            (asset.id, asset.media_type, asset.width, asset.height),
        )

    def space(self, name: str, dim: int, fingerprint: str, *, paged: bool = False) -> int:
        """The row of the space of that name, made if it is new."""
        self.connection.execute(
            "INSERT OR IGNORE INTO spaces (name, dim, paged, fingerprint) VALUES (?, ?, ?, ?)",
            (name, dim, paged, fingerprint),
        )
        row = self.connection.execute("SELECT row FROM spaces WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def encoder(self, fingerprint: str) -> int:
        """The row of the maker of vectors with this fingerprint, made if it is new."""
        self.connection.execute("INSERT OR IGNORE INTO encoders (fingerprint) VALUES (?)", (fingerprint,))
        row = self.connection.execute(
            "SELECT row FROM encoders WHERE fingerprint = ?", (fingerprint,)
        ).fetchone()
        return int(row[0])

    def known_vectors(self, encoder: int, keys: Iterable[bytes]) -> dict[bytes, int]:
        """Rows of the vectors that this maker has already made, by their content's key."""
        found: dict[bytes, int] = {}
        for key in keys:
            row = self.connection.execute(
                "SELECT row FROM vectors WHERE encoder = ? AND key = ?", (encoder, key)
            ).fetchone()
            if row is not None:
                found[key] = row[0]
        return found

    def add_vectors(
        self, encoder: int, keys: Sequence[bytes], vectors: NDArray[np.float32]
    ) -> dict[bytes, int]:
        """Rows of new vectors, ``(len(keys), dim)``, by their content's key."""
        return {
            key: self.put_vector(encoder, key, vector.astype("<f4").tobytes())
            for key, vector in zip(keys, vectors, strict=True)
        }

    def put_vector(self, encoder: int, key: bytes, vector: bytes) -> int:
        """Row of a new vector, given as it is kept."""
        cursor = self.connection.execute(
            "INSERT INTO vectors (encoder, key, vector) VALUES (?, ?, ?)", (encoder, key, vector)
        )
        return _row(cursor.lastrowid)

    def vector(self, fingerprint: str, key: bytes) -> bytes | None:
        """A vector as it is kept, by its maker's fingerprint and its content's key, if it was made."""
        row = self.connection.execute(
            "SELECT vector FROM vectors JOIN encoders ON encoders.row = encoder"
            " WHERE fingerprint = ? AND key = ?",
            (fingerprint, key),
        ).fetchone()
        return None if row is None else bytes(row[0])

    def add_chunks(self, space: int, document: int, chunks: Iterable[tuple[int, int, int, str]]) -> None:
        """Chunks of a document: rows of page, element and vector, and the snippet, of each."""
        self.connection.executemany(
            "INSERT INTO chunks (space, document, page, element, vector, snippet) VALUES (?, ?, ?, ?, ?, ?)",
            ((space, document, *chunk) for chunk in chunks),
        )

    def add_page_vectors(
        self,
        space: int,
        document: int,
        page: int,
        vectors: NDArray[np.float32],
        boxes: NDArray[np.float32],
    ) -> None:
        """The ``(n, dim)`` vectors of a page and their ``(n, 4)`` boxes; a page may have none."""
        self.connection.execute(
            "INSERT INTO page_vectors (page, space, document, count, vectors, boxes)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                page,
                space,
                document,
                len(vectors),
                vectors.astype("<f2").tobytes(),
                pack_boxes(boxes),
            ),
        )

    def laid(self, document: int) -> set[str]:
        """Names of the views that have been laid over a document."""
        rows = self.connection.execute("SELECT name FROM views WHERE document = ?", (document,))
        return {name for (name,) in rows}

    def mark_laid(self, document: int, views: Iterable[str], error: str = "") -> None:
        """These views have been laid over the document; ``error`` says what one lacks of it."""
        self.connection.executemany(
            "INSERT INTO views VALUES (?, ?, ?)", [(document, view, error) for view in views]
        )

    def failed_views(self, document: int) -> list[str]:
        """Views that lack something of the document: a page, or the description of a picture."""
        rows = self.connection.execute(
            f"SELECT name FROM views WHERE document = ? AND {LACKING}", (document,)
        )
        return [name for (name,) in rows]

    def unlay(self, document: int, view: str) -> None:
        """Take a view off a document, so that it can be laid again in the same transaction."""
        spaces = "(SELECT row FROM spaces WHERE name GLOB ?)"
        names = f"{view}/*"
        self.connection.execute(
            f"DELETE FROM chunks WHERE document = ? AND space IN {spaces}", (document, names)
        )
        self.connection.execute(
            f"DELETE FROM page_vectors WHERE document = ? AND space IN {spaces}", (document, names)
        )
        # A file knows pages by their rows, not by their vectors: it must not be believed any more.
        self.connection.execute(f"DELETE FROM derived WHERE space IN {spaces}", (names,))
        self.drop(DERIVED_AT)
        self.connection.execute("DELETE FROM views WHERE document = ? AND name = ?", (document, view))
        if view == "caption":
            self.connection.execute(
                "UPDATE elements SET metadata = json_remove(metadata, '$.description_error')"
                " WHERE document = ? AND metadata ->> 'description_error' IS NOT NULL",
                (document,),
            )

    def status_of(self, document: int) -> tuple[Status, str]:
        """What has become of a document, and why it is not whole."""
        return outcome(self.connection, document)

    def drop_unused_vectors(self) -> None:
        """Forget vectors that no chunk rests on any more."""
        self.connection.execute("DELETE FROM vectors WHERE row NOT IN (SELECT vector FROM chunks)")

    def drop_unused_assets(self) -> None:
        """Forget pictures that no element shows any more; `mmrag.index.sweeping` removes their files."""
        self.connection.execute(
            "DELETE FROM assets WHERE id NOT IN (SELECT picture FROM elements WHERE picture IS NOT NULL)"
        )


def _json(metadata: Metadata) -> str:
    # Better no transaction than one with a NaN: SQLite calls it malformed, and no metadata can be asked for.
    return json.dumps(dict(metadata), allow_nan=False)


def _row(value: int | None) -> int:
    assert value is not None  # noqa: S101 - SQLite gives every insert a row
    return value
