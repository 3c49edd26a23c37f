"""A space of vectors in FAISS: loaded from its derived file, made equal to the truth, searched.

The file is a cache. Whatever it lacks is added from SQLite and whatever SQLite no longer has is
removed when it is loaded, so a search never depends on when the file was written.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmrag.index.derived_file import read_derived_file, write_derived_file
from mmrag.index.store import Store
from mmrag.index.vectors.ann import Ann

log = logging.getLogger(__name__)

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Places:
    """Where the chunks of a space belong: aligned ``(n,)`` int64 arrays of rows, sorted by chunk.

    ``by_page`` holds positions in them, sorted by page, and ``sorted_pages`` the pages in that order;
    ``page_of`` leads from the row of a chunk to the row of its page.
    """

    chunks: Rows
    pages: Rows
    elements: Rows
    by_page: Rows
    sorted_pages: Rows
    page_of: NDArray[np.int32]

    def pages_of(self, chunks: Rows) -> Rows:
        """Rows of the pages of these chunks, which must be there."""
        return self.page_of[chunks].astype(np.int64)

    def on(self, pages: Rows) -> Rows:
        """Positions of the chunks on these pages."""
        first = self.sorted_pages.searchsorted(pages, "left").tolist()
        last = self.sorted_pages.searchsorted(pages, "right").tolist()
        spans = [self.by_page[start:end] for start, end in zip(first, last, strict=True)]
        return np.concatenate([self.by_page[:0], *spans])


class VectorSpace:
    """One space, as the truth has it at the moment of `load` or `refresh`.

    Scores are inner products, which are cosines for vectors of unit length.
    """

    def __init__(self, row: int, name: str, dim: int) -> None:
        self.row = row
        self.name = name
        self.dim = dim
        none = np.empty(0, np.int64)
        self.places = Places(none, none, none, none, none, none.astype(np.int32))
        self._ann: Ann = Ann.build(np.empty((0, dim), np.float32), none)

    @classmethod
    def load(cls, store: Store, row: int, name: str, dim: int) -> VectorSpace:
        """The space from its file where that is whole, and from the truth for the rest."""
        space = cls(row, name, dim)
        held = read_derived_file(store, row, name, Ann.read)
        if held is not None:
            space._ann = held
        space.refresh(store)
        return space

    def refresh(self, store: Store) -> None:
        """Follow what a writer has committed since. Call inside ``with store.snapshot():``."""
        self._follow(store)
        held = self._ann.rows
        self._ann.remove(np.setdiff1d(held, self.places.chunks))
        for rows, vectors in self._truth(store.connection, np.setdiff1d(self.places.chunks, held)):
            self._ann.add(vectors, rows)

    def search(self, query: NDArray[np.float32], k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """The ``k`` nearest chunks to a ``(dim,)`` query, best first; ties in the order of rows.

        Args:
            query: unit length.
            k: at most so many.
            allowed: only these chunks, if given.

        Returns:
            ``(n,)`` rows of chunks and ``(n,)`` scores; n is smaller than k where there are fewer.
        """
        return self._ann.search(query, k, allowed)

    def nearest(self, query: NDArray[np.float32], k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """As `search`, but still to be put through `mmrag.index.vectors.ann.in_order`."""
        return self._ann.nearest(query, k, allowed)

    def score(self, query: NDArray[np.float32], chunks: Rows) -> Scores:
        """Exact scores of these chunks, ``(len(chunks),)``."""
        if len(chunks) == 0:
            return np.empty(0, np.float32)
        # Row by row: so few are too small for BLAS, whose second thread would only spin.
        scores: Scores = np.vecdot(self._ann.vectors(chunks), query)
        return scores

    def write(self, store: Store) -> tuple[str, str]:
        """Write the derived file under the index folder of ``store``; its relative name and its sha256.

        An index that no longer fits the size of the space is built anew first, and what an approximate one
        misses is logged. Call inside ``with store.snapshot():``.
        """
        if self._ann.stale:
            parts = [vectors for _, vectors in self._truth(store.connection, self.places.chunks)]
            vectors = np.concatenate([np.empty((0, self.dim), np.float32), *parts])
            self._ann = Ann.build(vectors, self.places.chunks)
        if self._ann.kind != "flat":
            found = 100 * self._ann.recall
            log.info("%s: %s finds %.1f %% of the ten nearest", self.name, self._ann.kind, found)
        return write_derived_file(store.path, self.name, ".faiss", self._ann.write)

    def _follow(self, store: Store) -> None:
        self.places = _places(store, self.row)

    def _truth(
        self, connection: sqlite3.Connection, rows: Rows, batch: int = 4096
    ) -> Iterator[tuple[Rows, NDArray[np.float32]]]:
        """These chunks with their ``(n, dim)`` vectors, a part at a time."""
        for start in range(0, len(rows), batch):
            part = rows[start : start + batch]
            blobs = connection.execute(
                "SELECT vectors.vector FROM chunks JOIN vectors ON vectors.row = chunks.vector"
                " WHERE space = ? AND chunks.row BETWEEN ? AND ? ORDER BY chunks.row",
                (self.row, int(part[0]), int(part[-1])),
            )
            held = _between(self.places.chunks, part)
            vectors = np.frombuffer(b"".join(blob for (blob,) in blobs), "<f4").reshape(-1, self.dim)
            yield part, vectors[np.isin(held, part)]


def _places(store: Store, space: int) -> Places:
    chunks, pages, elements = store.columns(
        "SELECT row, page, element FROM chunks WHERE space = ? ORDER BY row", (space,)
    )
    by_page = np.argsort(pages, kind="stable")
    page_of = np.zeros(int(chunks[-1]) + 1 if len(chunks) else 0, np.int32)
    page_of[chunks] = pages
    return Places(chunks, pages, elements, by_page, pages[by_page], page_of)


def _between(chunks: Rows, part: Rows) -> Rows:
    first, last = np.searchsorted(chunks, [part[0], part[-1]])
    return chunks[first : last + 1]
