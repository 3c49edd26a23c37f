"""A space of pages of many vectors: loaded from its derived file, made equal to the truth, searched.

The file is a cache of `page_vectors` in SQLite, at the precision that the recipe wants. Pages that it lacks
are read from the truth, pages that are gone are masked, and of a file that is missing, damaged or of another
precision nothing is used: a search never depends on when the file was written.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmrag.index.derived_file import read_derived_file, write_derived_file
from mmrag.index.multivector.file import read_packed, write_packed
from mmrag.index.multivector.kernel import Scores, maxsim_of, products
from mmrag.index.multivector.packed import Array, Matrix, Packed, Parts, Rows, pack, pack_stream
from mmrag.index.multivector.segment import Segment, best, count, merge_small, scan
from mmrag.index.multivector.shortlist import depth, has_shortlist, sample_queries
from mmrag.index.multivector.truth import count_vectors, page_counts, page_places, page_rows, page_vectors
from mmrag.index.store import Store

_LOG = logging.getLogger(__name__)
_EXACT = ("float32", "float16")
_SMALL = 25_000_000
_SAMPLE = 16
_TOP = 10
_MORE = 256  # pages beyond four for each result that codes may have underrated


@dataclass(frozen=True, slots=True)
class Similarity:
    """The vectors of a page against those of a query.

    Attributes:
        near: ``(m, n)`` float32 inner products.
        boxes: ``(n, 4)`` float32 page fractions, NaN for a vector of no place.
    """

    near: Matrix
    boxes: Matrix


class PageSpace:
    """One space of pages, as the truth has it at the moment of `load` or `refresh`.

    A page's score for a query is MaxSim: between -m and m for m query vectors of unit length. It is exact (to
    the float16 of the truth) at every precision and size: ``int8``, ``bit`` and the shortlist of a large
    space only choose which pages are scored so. Pages that are not chosen have no score.

    Attributes:
        row, name, dim: of the space.
        precision: of the vectors in memory and in the file.
        exact_up_to: vectors up to which every page is scored with all of its own.
        recall: share of the ten best pages that the shortlist lets through, on queries made of the space's
            own vectors; measured when the file is written, ``None`` where there is none or no shortlist.
    """

    def __init__(
        self, row: int, name: str, dim: int, precision: str = "int8", exact_up_to: int = 20_000_000
    ) -> None:
        self.row = row
        self.name = name
        self.dim = dim
        self.precision = precision
        self.exact_up_to = exact_up_to
        self.recall: float | None = None
        self._measured = 0
        self._segments: list[Segment] = []
        self._store: Store | None = None

    @classmethod
    def load(
        cls,
        store: Store,
        row: int,
        name: str,
        dim: int,
        precision: str = "auto",
        exact_up_to: int = 20_000_000,
    ) -> PageSpace:
        """The space from its file where that is whole, and from the truth for the rest.

        At precision ``auto`` a space is kept in ``float16`` up to 25 million numbers and in ``int8`` beyond:
        with few, reading the best pages again takes longer than going through all of them exactly.

        Call inside ``with store.snapshot():``. The store must stay open as long as the space is used.
        """
        if precision == "auto":
            small = count_vectors(store.connection, row) * dim <= _SMALL
            precision = "float16" if small else "int8"
        space = cls(row, name, dim, precision, exact_up_to)
        space._read(store)
        space.refresh(store)
        if space.recall is not None:
            _LOG.info("%s: a shortlist finds %.1f %% of the ten best pages", name, 100 * space.recall)
        return space

    def refresh(self, store: Store) -> None:
        """Follow what a writer has committed since. Call inside ``with store.snapshot():``."""
        self._store = store
        pages = page_rows(store.connection, self.row)
        held = np.concatenate([np.empty(0, np.int64), *(segment.packed.pages for segment in self._segments)])
        fresh = np.setdiff1d(pages, held)
        if len(fresh):
            self._add(store, fresh)
        for segment in self._segments:
            segment.alive = np.flatnonzero(np.isin(segment.packed.pages, pages))

    @property
    def pages(self) -> Rows:
        """``(p,)`` int64, ascending: rows of the pages of the space."""
        alive = [segment.packed.pages[segment.alive] for segment in self._segments]
        return np.sort(np.concatenate([np.empty(0, np.int64), *alive]))

    @property
    def vectors(self) -> int:
        """How many vectors the pages have together."""
        return sum(segment.vectors for segment in self._segments)

    @property
    def two_stages(self) -> bool:
        """Whether a shortlist chooses the pages that are scored with all their vectors."""
        return has_shortlist(self.precision) and self.vectors > self.exact_up_to

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
        if self.two_stages and count(self._segments, allowed_pages) > depth(k):
            allowed_pages, _ = best(*scan(self._segments, query, allowed_pages, rough=True), depth(k))
        pages, scores = scan(self._segments, query, allowed_pages)
        if self.precision in _EXACT:
            return best(pages, scores, k)
        return self._rescored(query, *best(pages, scores, 4 * k + _MORE), k)

    def score(self, query: Matrix, pages: Rows) -> Scores:
        """Exact scores of these pages, ``(len(pages),)``; -inf for a page without vectors."""
        wanted, place = np.unique(np.asarray(pages, np.int64), return_inverse=True)
        if self.precision in _EXACT:
            found, scores = scan(self._segments, query, wanted)
        else:
            found, scores = self._exact(query, wanted)
        out = np.full(len(wanted), -np.inf, np.float32)
        out[np.searchsorted(wanted, found)] = scores
        return out[place]

    def similarity(self, store: Store, page: int, query: Matrix) -> Similarity:
        """How well the vectors of a page fit each vector of the query, and where they stand."""
        for _, vectors, boxes in self.places(store, [page]):
            if len(vectors):
                return Similarity(products(query, vectors).T, boxes)
        return Similarity(np.empty((len(query), 0), np.float32), np.empty((0, 4), np.float32))

    def products(self, query: Matrix, vectors: Array) -> Matrix:
        """``(n, m)`` float32 inner products, of which MaxSim takes the largest, of float16 vectors."""
        return products(query, vectors)

    def places(self, store: Store, pages: Sequence[int]) -> Iterator[tuple[int, Array, Matrix]]:
        """The vectors of these pages, and where they stand.

        Yields:
            Row, ``(n, dim)`` float16 vectors, and their ``(n, 4)`` float32 boxes in page fractions, NaN for
            a vector of no place. Ascending; pages that are not there are left out.
        """
        return page_places(store.connection, self.row, self.dim, np.array(pages, np.int64))

    def write(self, path: Path) -> tuple[str, str]:
        """Write the derived file under the index folder ``path``; its relative name and its sha256.

        In a large space this measures `recall`, unless it has hardly grown since.
        """
        arrays, notes = self._content()
        return write_derived_file(
            path, self.name, ".pages", lambda file: write_packed(file, arrays, notes, coarse=("shortlist",))
        )

    def measure_recall(self, sample: int = _SAMPLE) -> float:
        """Share of the ten best pages, by their exact scores, that `search` finds.

        Over ``sample`` queries made of the space's own vectors: each of some vectors of one page, turned by
        45 degrees.
        """
        segment = max(self._segments, key=lambda one: one.vectors)
        filled = segment.alive[segment.packed.counts[segment.alive] > 0]
        chosen = filled[np.linspace(0, len(filled) - 1, sample).astype(np.int64)]
        shares = []
        for query in sample_queries(segment.packed, chosen):
            wanted = self._ten_best(query)
            found, _ = self.search(query, _TOP)
            shares.append(len(np.intersect1d(wanted, found)) / len(wanted))
        return float(np.mean(shares))

    def _ten_best(self, query: Matrix) -> Rows:
        pages, scores = scan(self._segments, query, None)
        if self.precision in _EXACT:
            return best(pages, scores, _TOP)[0]
        return self._rescored(query, *best(pages, scores, len(pages)), _TOP)[0]

    def _content(self) -> tuple[dict[str, Parts], dict[str, Any]]:
        segments = self._segments or [Segment(self._empty(), np.empty(0, np.int64))]
        arrays: dict[str, Parts] = {"pages": [(one.packed, one.alive) for one in segments]}
        if not self.two_stages:
            self.recall = None
            return arrays, {}
        arrays["shortlist"] = [(one.summary(), one.alive) for one in segments]
        pages = sum(len(one.alive) for one in segments)
        if self.recall is None or abs(pages - self._measured) > self._measured // 10:
            self.recall, self._measured = self.measure_recall(), pages
        return arrays, {"recall": self.recall, "measured": self._measured}

    def _read(self, store: Store) -> None:
        found = read_derived_file(store, self.row, self.name, read_packed)
        if found is None:
            return
        arrays, notes = found
        packed = arrays["pages"]
        if (packed.precision, packed.dim) == (self.precision, self.dim):
            alive = np.arange(len(packed), dtype=np.int64)
            self._segments.append(Segment(packed, alive, arrays.get("shortlist")))
            self.recall, self._measured = notes.get("recall"), notes.get("measured", 0)

    def _add(self, store: Store, pages: Rows) -> None:
        counts = page_counts(store.connection, self.row, pages)
        vectors = (found for _, found in page_vectors(store.connection, self.row, self.dim, pages))
        packed = pack_stream(pages, counts, vectors, self.dim, self.precision, store.path)
        self._segments.append(Segment(packed, np.arange(len(packed), dtype=np.int64)))
        merge_small(self._segments)

    def _empty(self) -> Packed:
        return pack(np.empty(0, np.int64), [], self.dim, self.precision)

    def _rescored(self, query: Matrix, pages: Rows, rough: Scores, k: int) -> tuple[Rows, Scores]:
        """The best of pages that are sorted by approximate score, by their exact scores.

        Goes down the list until no page left could enter if it were underrated as much as any page so far.
        """
        found, exact = np.empty(0, np.int64), np.empty(0, np.float32)
        done, upto, underrated = 0, min(len(pages), k + 16), 0.0
        while done < upto:
            rows, scores = self._exact(query, pages[done:upto])
            order = np.argsort(pages[done:upto])
            guess = rough[done:upto][order][np.searchsorted(pages[done:upto][order], rows)]
            underrated = max(underrated, float((scores - guess).max(initial=0)))
            found, exact = np.concatenate([found, rows]), np.concatenate([exact, scores])
            done = upto
            least = np.sort(exact)[::-1][k - 1] if len(exact) >= k else -np.inf
            upto = int(np.searchsorted(-rough, underrated - least, "right"))
        return best(found, exact, k)

    def _exact(self, query: Matrix, pages: Rows) -> tuple[Rows, Scores]:
        """Those of these pages that the truth has, ascending, and their scores."""
        if self._store is None or len(pages) == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows: list[int] = []

        def read() -> Iterator[Array]:
            for row, vectors in page_vectors(connection, self.row, self.dim, pages):
                rows.append(row)
                yield vectors

        connection = self._store.connection
        scores = maxsim_of(query, read())
        return np.array(rows, np.int64), scores
