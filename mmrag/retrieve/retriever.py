"""From a query to ranked pages with the elements that speak for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.config import RetrieveOptions, VisualOptions
from mmrag.encoders.lists import ChunkList, PageList, strategy_of, witness_of
from mmrag.errors import UsageError
from mmrag.index.derived import load_page_spaces, load_spaces
from mmrag.index.lexical import Terms, bm25
from mmrag.index.reader import Reader
from mmrag.index.vectors.ann import in_order
from mmrag.index.vectors.space import VectorSpace
from mmrag.rerankers.base import Candidate
from mmrag.retrieve.asking import Asked, ask
from mmrag.retrieve.corpus import Corpus
from mmrag.retrieve.evidence import Matched, find_evidence
from mmrag.retrieve.fusion import RankedList, best_of_pages, fuse
from mmrag.retrieve.heat import heat
from mmrag.retrieve.hits import to_hits
from mmrag.retrieve.reranking import rerank
from mmrag.text.terms import query_terms
from mmrag.types import Filters, Hit, Query

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]
Words = tuple[Rows, Rows, Scores]
"""What BM25 found: rows of elements, of their pages, and scores, best first."""

CHUNKS_A_PAGE = 6
"""How many chunks are asked of a space for each page wanted, so that long pages leave room for others."""

SUPPORT = 0.5
"""Weight of a page's second best chunk in its dense score; measured on the development set of benchmarks/."""

_NO_PAGE = 1 << 31  # SQLite takes 64 bits, a question may hold more


@dataclass(frozen=True, slots=True)
class Allowed:
    """What filters leave: sorted rows of pages and elements; ``None`` for no restriction."""

    pages: Rows | None = None
    elements: Rows | None = None


class Retriever:
    """Searches an index. Follows what a writer commits: each search sees the last committed state.

    Args:
        store: the index.
        lists: of its views, with their encoders.
        options: weights, fusion, reranker.
        to_candidate: what a reranker may look at of a hit; ``None`` where none is used.
        visual: how spaces of pages are kept and searched.
    """

    def __init__(
        self,
        store: Reader,
        lists: Sequence[ChunkList | PageList],
        options: RetrieveOptions,
        to_candidate: Callable[[Hit], Candidate] | None = None,
        visual: VisualOptions | None = None,
    ) -> None:
        self._store = store
        names = [*(found.name for found in lists), *(table.list for table in Terms)]
        self._weights = {name: options.weight(name) for name in names}
        self._dense = [found for found in lists if self._weights[found.name]]
        self._options = options
        self._to_candidate = to_candidate
        self._visual = visual or VisualOptions()
        self._version = -1
        self._spaces: dict[str, VectorSpace] = {}
        self._page_spaces: dict[str, PageSpace] = {}
        self._filled: set[str] = set()
        self._corpus = Corpus()

    def search(
        self,
        query: Query,
        top_k: int = 10,
        strategies: Sequence[str] | None = None,
        elements: int = 3,
    ) -> list[Hit]:
        """The best pages, best first, at most ``top_k``.

        Args:
            query: text, a picture, or both.
            top_k: at most so many.
            strategies: only the lists of these take part, beside BM25; all by default.
            elements: at most so many of a page's best elements come with a hit.

        Raises:
            UsageError: if the query is empty, its picture can't be used, or ``top_k`` is not positive.
        """
        self.refresh()
        return self.find(query, self.ask(query, strategies), top_k, elements)

    def rank(self, query: Query, strategies: Sequence[str] | None = None) -> list[RankedList]:
        """The lists that `search` would fuse, to compare them; pages by row."""
        self.refresh()
        asked = self.ask(query, strategies)
        with self._store.snapshot():
            self._refresh()
            return self._find(asked, query_terms(query.text), self._allowed(query.filters))[0]

    def ask(self, query: Query, strategies: Sequence[str] | None = None) -> list[Asked]:
        """Vectors of the query for the lists that have something to find; no other encoder is loaded.

        Between `refresh` and `find` this is the part of `search` that asks the models. It reads nothing from
        the index: no snapshot is held while an encoder works or is loaded, and other threads may call it.
        """
        if not query.text.strip() and query.picture is None:
            raise UsageError("the question is empty: say what to look for")
        return ask(
            query,
            [
                made
                for made in self._dense
                if made.name in self._filled and (strategies is None or strategy_of(made.name) in strategies)
            ],
        )

    def find(self, query: Query, asked: Sequence[Asked], top_k: int, elements: int) -> list[Hit]:
        """What `search` finds by the vectors that `ask` gave."""
        if top_k < 1:
            raise UsageError(f"top_k must be at least 1, found {top_k}")
        words = query_terms(query.text)
        wanted = max(top_k, self._options.rerank) if self._options.reranker else top_k
        with self._store.snapshot():
            self._refresh()
            allowed = self._allowed(query.filters)
            lists, by_words = self._find(asked, words, allowed)
            pages, scores = fuse(lists, self._options.fusion, self._options.rrf_k)
            pages, scores = self._corpus.best(pages, scores, wanted)
            matched_in = [self._matched(one) for one in asked]
            evidence = find_evidence(
                self._store, self._corpus, pages, matched_in, by_words, allowed.elements, elements
            )
            hits = to_hits(self._store, self._corpus, pages, scores, lists, evidence)
        if self._options.reranker and self._to_candidate is not None:
            hits = rerank(query.text, hits, self._options, self._to_candidate)
        return hits[:top_k]

    def refresh(self) -> None:
        """Take in what has been committed since the last search, if anything has."""
        if self._store.version() != self._version:
            with self._store.snapshot():
                self._refresh()

    def heat(self, query: Query, page: int, height: int, width: int) -> NDArray[np.float32]:
        """Where on a page (by row) the query matched, as `mmrag.retrieve.heat.heat` maps it.

        Raises:
            UsageError: if no view of whole pages can be asked.
        """
        pages = {made.name for made in self._dense if isinstance(made, PageList)}
        self.refresh()
        asked = [one for one in self.ask(query) if one.list.name in pages]
        if not asked:
            raise UsageError(
                "no view of this index sees where a question matched"
                + (" in this language" if pages else ": lay one with mmrag index FOLDER --strategy visual")
            )
        with self._store.snapshot():
            self._refresh()
            space = self._page_spaces[asked[0].list.name]
            found = space.similarity(self._store, page, asked[0].vectors)
        return heat(found.near, found.boxes, height, width)

    def _refresh(self) -> None:
        version = self._store.version()
        if version == self._version:
            return
        if self._version == -1:
            names = [made.name for made in self._dense]
            self._spaces = load_spaces(self._store, names)
            self._page_spaces = load_page_spaces(self._store, self._visual, names)
        else:
            for space in self._spaces.values():
                space.refresh(self._store)
            for page_space in self._page_spaces.values():
                page_space.refresh(self._store)
        filled = {name for name, space in self._spaces.items() if len(space.places.chunks)}
        # At once: other threads `ask` meanwhile.
        self._filled = filled | {name for name, space in self._page_spaces.items() if len(space.pages)}
        self._corpus = Corpus.load(self._store)
        self._version = version

    def _allowed(self, filters: Filters) -> Allowed:
        if not filters:
            return Allowed()
        documents = self._store.matching(filters, self._corpus.documents)
        first, last = (min(max(number, 0), _NO_PAGE) for number in filters.pages or (1, _NO_PAGE))
        values: list[int | str] = [first, last, str(documents)]
        query = (
            "SELECT elements.page, elements.row FROM elements JOIN pages ON pages.row = elements.page"
            " WHERE number BETWEEN ? AND ? AND pages.document IN (SELECT value FROM json_each(?))"
        )
        if filters.kinds:
            query += f" AND kind IN ({', '.join('?' * len(filters.kinds))})"
        if filters.labels:
            query += f" AND metadata ->> 'label' IN ({', '.join('?' * len(filters.labels))})"
        chosen = [*values, *map(str, filters.kinds), *filters.labels]
        pages, elements = self._store.columns(query, chosen)
        if not filters.kinds and not filters.labels:
            # There are pages without elements.
            query = (
                "SELECT row FROM pages"
                " WHERE number BETWEEN ? AND ? AND document IN (SELECT value FROM json_each(?))"
            )
            (pages,) = self._store.columns(query, values)
        return Allowed(np.unique(pages), np.unique(elements))

    def _find(
        self, asked: Sequence[Asked], words: list[str], allowed: Allowed
    ) -> tuple[list[RankedList], Words]:
        """The lists of ``asked`` and then those of BM25, and the elements that BM25 found."""
        depth = self._options.depth
        # FAISS and FTS5 sweep the processor's caches: what is done with what they found comes after them all.
        near = [self._nearest(one, allowed) for one in asked]
        by_page = self._by_words(Terms.PAGES, words, depth, allowed.pages)
        by_element = self._by_words(Terms.ELEMENTS, words, depth * CHUNKS_A_PAGE, allowed.elements)
        lists = [
            RankedList(one.name, weight, *self._of_pages(one.list, *found))
            for one, weight, found in zip(asked, self._weights_of(asked), near, strict=True)
        ]
        if by_page is not None:
            lists.append(RankedList(Terms.PAGES.list, self._weights[Terms.PAGES.list], *by_page))
        if by_element is None:
            return lists, (np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))
        elements, scores = by_element
        pages = self._corpus.page_of[elements].astype(np.int64)
        best = best_of_pages(pages, scores, depth)
        lists.append(RankedList(Terms.ELEMENTS.list, self._weights[Terms.ELEMENTS.list], *best))
        return lists, (elements, pages, scores)

    def _weights_of(self, asked: Sequence[Asked]) -> list[float]:
        """Lists that rank the same vectors are one witness: together they weigh what one does alone."""
        witnesses = [witness_of(one.list) if one.name == one.list.name else one.name for one in asked]
        return [
            self._weights[one.list.name] / witnesses.count(witness)
            for one, witness in zip(asked, witnesses, strict=True)
        ]

    def _nearest(self, asked: Asked, allowed: Allowed) -> tuple[Rows, NDArray[np.float32]]:
        """Rows of chunks as `VectorSpace.nearest` gives them, of pages for a `PageList`, and their scores."""
        name, depth = asked.list.name, self._options.depth
        if isinstance(asked.list, PageList):
            return self._page_spaces[name].search(asked.vectors, depth, allowed.pages)
        space, chunks = self._spaces[name], None
        if allowed.elements is not None:
            chunks = space.places.chunks[np.isin(space.places.elements, allowed.elements)]
        return space.nearest(asked.vectors, depth * CHUNKS_A_PAGE, chunks)

    def _of_pages(
        self, made: ChunkList | PageList, rows: Rows, near: NDArray[np.float32]
    ) -> tuple[Rows, Scores]:
        if isinstance(made, PageList):
            return rows, near.astype(np.float64)
        chunks, near = in_order(rows, near)
        pages = self._spaces[made.name].places.pages_of(chunks)
        return best_of_pages(pages, near.astype(np.float64), self._options.depth, SUPPORT)

    def _by_words(
        self, table: Terms, words: list[str], limit: int, allowed: Rows | None
    ) -> tuple[Rows, Scores] | None:
        """None for a list that does not take part."""
        if not self._weights[table.list]:
            return None
        return bm25(self._store.connection, table, words, limit, allowed)

    def _matched(self, asked: Asked) -> Matched:
        name = asked.list.name
        space = self._page_spaces[name] if isinstance(asked.list, PageList) else self._spaces[name]
        return Matched(space, asked.vectors)
