"""A space of pages of many vectors: loaded from its derived file, made equal to the truth, searched.

The file is a cache of `page_vectors` in SQLite, at the precision that the recipe wants. Pages that it lacks
are read from the truth into memory, pages that are gone are masked, and of a file that is missing, damaged or
of another precision nothing is used: a search never depends on when the file was written.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np

from mmrag.errors import CorruptError
from mmrag.index.files import sha256_of, write_atomically
from mmrag.index.multivector.file import read_packed, write_packed
from mmrag.index.multivector.kernel import Scores, maxsim
from mmrag.index.multivector.packed import Array, Matrix, Packed, Rows, pack
from mmrag.index.multivector.truth import boxes_of, page_rows, page_vectors
from mmrag.index.store import Store

_LOG = logging.getLogger(__name__)
_EXACT = ("float32", "float16")


class PageSpace:
    """One space of pages, as the truth has it at the moment of `load` or `refresh`.

    A page's score for a query is MaxSim: between -m and m for m query vectors of unit length. It is exact (to
    the float16 of the truth) at every precision: ``int8`` and ``bit`` only choose which pages are scored so.

    Attributes:
        row, name, dim: of the space.
        precision: of the vectors in memory and in the file.
    """

    def __init__(self, row: int, name: str, dim: int, precision: str = "float16") -> None:
        self.row = row
        self.name = name
        self.dim = dim
        self.precision = precision
        self._parts: list[Packed] = []
        self._alive: list[Rows] = []
        self._store: Store | None = None

    @classmethod
    def load(cls, store: Store, row: int, name: str, dim: int, precision: str = "float16") -> PageSpace:
        """The space from its file where that is whole, and from the truth for the rest.

        Call inside ``with store.snapshot():``. The store must stay open as long as the space is used.
        """
        space = cls(row, name, dim, precision)
        held = space._read(store)
        if held is not None:
            space._parts.append(held)
        space.refresh(store)
        return space

    def refresh(self, store: Store) -> None:
        """Follow what a writer has committed since. Call inside ``with store.snapshot():``."""
        self._store = store
        wanted = page_rows(store.connection, self.row)
        held = np.concatenate([np.empty(0, np.int64), *(part.pages for part in self._parts)])
        fresh = np.setdiff1d(wanted, held)
        if len(fresh):
            self._add(store, fresh)
        self._alive = [np.flatnonzero(np.isin(part.pages, wanted)) for part in self._parts]

    @property
    def pages(self) -> Rows:
        """``(p,)`` int64, ascending: rows of the pages that can be found."""
        alive = [part.pages[at] for part, at in zip(self._parts, self._alive, strict=True)]
        return np.sort(np.concatenate([np.empty(0, np.int64), *alive]))

    @property
    def vectors(self) -> int:
        """How many vectors the pages have together."""
        return sum(int(part.counts[at].sum()) for part, at in zip(self._parts, self._alive, strict=True))

    def search(self, query: Matrix, k: int, allowed_pages: Rows | None = None) -> tuple[Rows, Scores]:
        """The ``k`` best pages, best first; ties in the order of rows.

        Args:
            query: ``(m, dim)`` float32, rows of unit length, m at least 1.
            k: at most so many.
            allowed_pages: only these pages, if given.

        Returns:
            ``(n,)`` rows of pages and ``(n,)`` scores; n is smaller than k where there are fewer pages with
            vectors.
        """
        pages, scores = self._scan(query, allowed_pages)
        if self.precision in _EXACT:
            return best(pages, scores, k)
        return self._rescored(query, *best(pages, scores, _depth(k)), k)

    def score(self, query: Matrix, pages: Rows) -> Scores:
        """Exact scores of these pages, ``(len(pages),)``; -inf for a page without vectors."""
        wanted, place = np.unique(np.asarray(pages, np.int64), return_inverse=True)
        if self.precision in _EXACT:
            found, scores = self._scan(query, wanted)
        else:
            found, scores = self._exact(query, wanted)
        out = np.full(len(wanted), -np.inf, np.float32)
        out[np.searchsorted(wanted, found)] = scores
        return out[place]

    def similarity(self, store: Store, page: int, query: Matrix) -> tuple[Matrix, Matrix]:
        """How well each vector of a page fits each vector of the query, and where it stands on the page.

        Returns:
            ``(m, n)`` float32 inner products and ``(n, 4)`` float32 boxes in page fractions, NaN for a vector
            of no place; n is 0 for a page without vectors.
        """
        vectors = np.empty((0, self.dim), np.float16)
        for _, found in page_vectors(store.connection, self.row, self.dim, np.array([page], np.int64)):
            vectors = found[0] if found else vectors
        return query @ vectors.astype(np.float32).T, boxes_of(store.connection, self.row, page)

    def best_vectors(self, store: Store, page: int, query: Matrix) -> tuple[Rows, Scores]:
        """Which vector of a page fits each vector of the query best.

        Returns:
            ``(m,)`` int64 positions among the page's vectors and ``(m,)`` float32 inner products, which add
            up to the page's score; ``(0,)`` both for a page without vectors.
        """
        similarities, _ = self.similarity(store, page, query)
        if similarities.shape[1] == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        found = similarities.argmax(axis=1)
        return found, similarities[np.arange(len(found)), found]

    def write(self, path: Path) -> tuple[str, str]:
        """Write the derived file under the index folder ``path``; its relative name and its sha256."""
        folder = path / "vectors"
        folder.mkdir(exist_ok=True)
        fresh = folder / f"{self.name.replace(':', '-').replace('/', '-')}.new"
        parts = list(zip(self._parts, self._alive, strict=True)) or [(self._packed([], []), _none())]
        write_atomically(fresh, lambda temporary: write_packed(temporary, parts, {}))
        checksum = sha256_of(fresh)
        final = folder / f"{checksum[:16]}.pages"
        fresh.replace(final)
        return f"vectors/{final.name}", checksum

    def _read(self, store: Store) -> Packed | None:
        found = store.connection.execute(
            "SELECT file, sha256 FROM derived WHERE space = ?", (self.row,)
        ).fetchone()
        if found is None:
            return None
        path = store.path / found[0]
        if not path.is_file() or sha256_of(path) != found[1]:
            _LOG.warning("the vector file of %s is missing or damaged: reading its truth instead", self.name)
            return None
        try:
            packed, _ = read_packed(path)
        except CorruptError as error:
            _LOG.warning("%s", error)
            return None
        return packed if (packed.precision, packed.dim) == (self.precision, self.dim) else None

    def _add(self, store: Store, pages: Rows) -> None:
        rows, vectors = [], []
        for found, arrays in page_vectors(store.connection, self.row, self.dim, pages):
            rows.append(found)
            vectors += arrays
        self._parts.append(self._packed(np.concatenate(rows), vectors))

    def _packed(self, pages: Rows | list[int], vectors: list[Array]) -> Packed:
        return pack(np.asarray(pages, np.int64), vectors, self.dim, self.precision)

    def _scan(self, query: Matrix, allowed: Rows | None) -> tuple[Rows, Scores]:
        """Pages with vectors and their scores at the precision in memory."""
        pages, scores = [_none()], [np.empty(0, np.float32)]
        for part, alive in zip(self._parts, self._alive, strict=True):
            at = alive[part.counts[alive] > 0]
            if allowed is not None:
                at = at[np.isin(part.pages[at], allowed)]
            pages.append(part.pages[at])
            scores.append(maxsim(query, part, at))
        return np.concatenate(pages), np.concatenate(scores)

    def _rescored(self, query: Matrix, pages: Rows, rough: Scores, k: int) -> tuple[Rows, Scores]:
        """The best of pages that are sorted by approximate score, by their exact scores.

        Goes down the list until no page left could enter if it were underrated as much as any page so far.
        """
        found, exact = _none(), np.empty(0, np.float32)
        done, upto, underrated = 0, min(len(pages), k + 16), 0.0
        while done < upto:
            order = np.sort(pages[done:upto])
            rows, scores = self._exact(query, order)
            rank = np.argsort(pages[done:upto])
            guess = rough[done:upto][rank][np.searchsorted(order, rows)]
            underrated = max(underrated, float((scores - guess).max(initial=0)))
            found, exact = np.concatenate([found, rows]), np.concatenate([exact, scores])
            done = upto
            worst = np.sort(exact)[::-1][k - 1] if len(exact) >= k else -np.inf
            upto = int(np.searchsorted(-rough, -(worst - underrated), "right"))
        return best(found, exact, k)

    def _exact(self, query: Matrix, pages: Rows) -> tuple[Rows, Scores]:
        rows, scores = [_none()], [np.empty(0, np.float32)]
        for found, vectors in self._truth(pages):
            rows.append(found)
            scores.append(maxsim(query, pack(found, vectors, self.dim, "float16")))
        return np.concatenate(rows), np.concatenate(scores)

    def _truth(self, pages: Rows) -> list[tuple[Rows, list[Array]]]:
        return list(page_vectors(self._open().connection, self.row, self.dim, pages))

    def _open(self) -> Store:
        if self._store is None:
            raise RuntimeError(f"the space {self.name} has not been loaded from a store")
        return self._store


def load_page_spaces(
    store: Store, names: Collection[str] | None = None, precision: str = "float16"
) -> dict[str, PageSpace]:
    """Spaces of pages by name, those given or all. Call inside ``with store.snapshot():``."""
    rows = store.connection.execute("SELECT row, name, dim FROM spaces WHERE paged ORDER BY row").fetchall()
    return {
        name: PageSpace.load(store, row, name, dim, precision)
        for row, name, dim in rows
        if names is None or name in names
    }


def best(pages: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The ``k`` highest scores and their pages, best first; ties in the order of rows."""
    k = min(k, len(pages))
    if k == 0:
        return _none(), np.empty(0, np.float32)
    if k < len(pages):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = np.flatnonzero(scores >= least)
        pages, scores = pages[kept], scores[kept]
    order = np.lexsort((pages, -scores))[:k]
    return pages[order], scores[order]


def _depth(k: int) -> int:
    """How many candidates may be scored exactly for ``k`` results."""
    return 4 * k + 128


def _none() -> Rows:
    return np.empty(0, np.int64)
