"""Writing to the truth. Every method belongs inside ``with store.writing():``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmrag.index.assets import asset_path, write_asset
from mmrag.index.store import Store
from mmrag.text.terms import terms
from mmrag.types import Asset, Chunk, Document, Element, FileReport, Page, Status


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as a run saw it: enough to know later whether it has changed, and what became of it."""

    size: int
    mtime_ns: int
    sha256: str
    report: FileReport


def text_hash(text: str) -> bytes:
    """16 bytes that stand for a chunk's text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class Writer(Store):
    """A store open for writing."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, writable=True)

    def file_states(self) -> dict[str, FileState]:
        """Every file that was seen before, by relative path."""
        rows = self.connection.execute(
            "SELECT size, mtime_ns, sha256, path, status, reason, pages, seconds FROM files"
        )
        return {
            path: FileState(size, mtime_ns, sha256, FileReport(path, Status(status), *rest))
            for size, mtime_ns, sha256, path, status, *rest in rows
        }

    def state_mark(self) -> list[int]:
        """Changes whenever a document was added or removed."""
        row = self.connection.execute("SELECT count(*), coalesce(max(row), 0) FROM documents").fetchone()
        return list(row)

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

    def supersede(self, path: str) -> None:
        """Set the document at this path aside until `drop_superseded`: its vectors can serve again."""
        # No relative path begins with two slashes.
        self.connection.execute("UPDATE documents SET path = '//' || path WHERE path = ?", (path,))

    def drop_superseded(self) -> None:
        """Drop what `supersede` has set aside."""
        self.connection.execute("DELETE FROM documents WHERE path GLOB '//*'")

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
                json.dumps(dict(document.metadata)),
            ),
        )
        return _row(cursor.lastrowid)

    def set_page_count(self, document: int, count: int) -> None:
        """Correct the number of pages once all of them have been seen."""
        self.connection.execute("UPDATE documents SET page_count = ? WHERE row = ?", (count, document))

    def add_page(self, document: int, page: Page, error: str | None, text: str) -> int:
        """Its row. ``text`` is what a word search over whole pages finds it by."""
        cursor = self.connection.execute(
            "INSERT INTO pages (document, number, width, height, rotation, label, error)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (document, page.number, page.width, page.height, page.rotation, page.label, error),
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
                json.dumps(dict(element.metadata)),
            ),
        )
        row = _row(cursor.lastrowid)
        self._add_terms("element_terms", row, text)
        return row

    def _add_terms(self, table: str, row: int, text: str) -> None:
        words = terms(text)
        if words:
            self.connection.execute(
                f"INSERT INTO {table} (rowid, terms) VALUES (?, ?)",
                (row, " ".join(words)),
            )

    def add_asset(self, asset: Asset) -> None:
        """Keep a picture: its file first, then its line."""
        write_asset(self.path, asset)
        self.connection.execute(
            "INSERT OR IGNORE INTO assets VALUES (?, ?, ?, ?)",
            (asset.id, asset.media_type, asset.width, asset.height),
        )

    def caption(self, key: str) -> str | None:
        """What a captioner said for this key before, if it was asked."""
        row = self.connection.execute("SELECT text FROM captions WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def keep_caption(self, key: str, text: str) -> None:
        """Keep what a captioner said."""
        self.connection.execute("INSERT OR REPLACE INTO captions VALUES (?, ?)", (key, text))

    def space(self, name: str, dim: int, fingerprint: str) -> int:
        """The row of the space of that name, made if it is new."""
        self.connection.execute(
            "INSERT OR IGNORE INTO spaces (name, dim, fingerprint) VALUES (?, ?, ?)", (name, dim, fingerprint)
        )
        row = self.connection.execute("SELECT row FROM spaces WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def known_vectors(self, space: int, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Vectors that the space already holds for texts with these hashes."""
        found: dict[bytes, bytes] = {}
        for key in hashes:
            row = self.connection.execute(
                "SELECT vector FROM chunks JOIN vectors ON vectors.chunk = chunks.row"
                " WHERE space = ? AND text_hash = ? LIMIT 1",
                (space, key),
            ).fetchone()
            if row is not None:
                found[key] = row[0]
        return found

    def add_chunks(
        self,
        space: int,
        document: int,
        places: Sequence[tuple[int, int]],
        chunks: Sequence[Chunk],
        vectors: NDArray[np.float32],
    ) -> None:
        """Chunks with their vectors; ``places`` gives the row of the page and of the element of each."""
        for (page, element), chunk, vector in zip(places, chunks, vectors, strict=True):
            cursor = self.connection.execute(
                "INSERT INTO chunks (space, document, page, element, text_hash, snippet)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (space, document, page, element, text_hash(chunk.text), chunk.snippet),
            )
            self.connection.execute(
                "INSERT INTO vectors VALUES (?, ?)", (cursor.lastrowid, vector.astype("<f4").tobytes())
            )

    def drop_unused_assets(self) -> list[Path]:
        """Forget pictures that no element shows any more; their files, to be removed after the commit."""
        rows = self.connection.execute(
            "DELETE FROM assets WHERE id NOT IN"
            " (SELECT picture FROM elements WHERE picture IS NOT NULL) RETURNING id, media_type"
        ).fetchall()
        return [asset_path(self.path, asset, media_type) for asset, media_type in rows]


def _row(value: int | None) -> int:
    assert value is not None  # noqa: S101 - SQLite gives every insert a row
    return value
