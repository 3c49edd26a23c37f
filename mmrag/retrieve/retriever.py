"""From a query to ranked pages with the elements that speak for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmrag.config import RetrieveOptions
from mmrag.encoders.base import Encoder
from mmrag.errors import UsageError
from mmrag.index.lexical import Terms, bm25
from mmrag.index.reader import Reader
from mmrag.index.vectors import VectorSpace, load_spaces
from mmrag.retrieve.evidence import Evidence, find_evidence
from mmrag.retrieve.fusion import RankedList, best_of_pages, fuse
from mmrag.text.script import language, readable_share
from mmrag.text.terms import query_terms
from mmrag.types import Document, Element, Filters, Hit, Query, Source

Rows = NDArray[np.int64]

READABLE = 0.8
"""Share of a query's letters that an encoder must know to be asked; below it the encoder guesses."""

CHUNKS_A_PAGE = 6
"""How many chunks are asked of a space for each page wanted, so that long pages leave room for others."""

SUPPORT = 0.5
"""Weight of a page's second best chunk in its dense score; measured by benchmarks/retrieval.py."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """What filters leave: sorted rows of pages, elements and documents; ``None`` for no restriction."""

    pages: Rows | None = None
    elements: Rows | None = None


@dataclass(frozen=True, slots=True)
class _Corpus:
    """All pages in aligned arrays sorted by row, with their place for a stable order of ties."""

    documents: dict[int, Document]
    pages: Rows
    places: Rows


class Retriever:
    """Searches an index. Follows what a writer commits: each search sees the last committed state.

    Args:
        store: the index.
        encoders: by the name of their space; only their names, scripts and queries are used.
        options: lists, weights, fusion.
    """

    def __init__(self, store: Reader, encoders: Mapping[str, Encoder], options: RetrieveOptions) -> None:
        self._store = store
        self._encoders = encoders
        self._options = options
        self._version = -1
        self._spaces: dict[str, VectorSpace] = {}
        self._corpus = _Corpus({}, np.empty(0, np.int64), np.empty(0, np.int64))

    def search(self, query: Query, top_k: int = 10) -> list[Hit]:
        """The best pages, best first, at most ``top_k``.

        Raises:
            UsageError: if the query has no text, or ``top_k`` is not positive.
        """
        if not query.text.strip():
            raise UsageError("the question is empty: say what to look for")
        if query.picture is not None:
            raise UsageError("this index has no view that finds by picture: ask with text")
        if top_k < 1:
            raise UsageError(f"top_k must be at least 1, found {top_k}")
        vectors = {name: encoder.encode_queries([query.text])[0] for name, encoder in self._asked(query.text)}
        words = query_terms(query.text)
        with self._store.snapshot():
            self._refresh()
            allowed = self._allowed(query.filters)
            lists, lexical = self._lists(vectors, words, allowed)
            pages, scores = fuse(lists, self._options.fusion, self._options.rrf_k)
            order = np.lexsort((self._corpus.places[np.searchsorted(self._corpus.pages, pages)], -scores))
            best = order[:top_k]
            asked = [(self._spaces[name], vector) for name, vector in vectors.items()]
            evidence = find_evidence(self._store, pages[best], asked, lexical, allowed.elements)
            return self._hits(pages[best], scores[best], lists, evidence)

    def _asked(self, text: str) -> list[tuple[str, Encoder]]:
        """The first encoder that knows the language of ``text``, else the first that reads it, else none."""
        spoken = language(text)
        readable = [
            (name, encoder)
            for name, encoder in self._encoders.items()
            if self._weight(name) and readable_share(text, encoder.scripts) >= READABLE
        ]
        known = [
            (name, encoder)
            for name, encoder in readable
            if not spoken or encoder.languages is None or spoken in encoder.languages
        ]
        return (known or readable)[:1]

    def _weight(self, space: str) -> float:
        weights = self._options.weights
        return weights.get(space, weights.get("dense", 0.0))

    def _refresh(self) -> None:
        version = self._store.version()
        if version == self._version:
            return
        if self._version == -1:
            self._spaces = load_spaces(self._store)
        else:
            for space in self._spaces.values():
                space.refresh(self._store)
        self._corpus = self._load_corpus()
        self._version = version

    def _load_corpus(self) -> _Corpus:
        documents = self._store.documents()
        rank = {row: position for position, row in enumerate(documents)}
        rows = self._store.connection.execute(
            "SELECT row, document, number FROM pages ORDER BY row"
        ).fetchall()
        pages = np.array([row for row, _, _ in rows], np.int64)
        # Documents in the order of their paths, pages in the order of their numbers.
        places = np.array([(rank[document] << 32) + number for _, document, number in rows], np.int64)
        return _Corpus(documents, pages, places)

    def _allowed(self, filters: Filters) -> Allowed:
        if not filters:
            return Allowed()
        documents = self._store.matching(filters, self._corpus.documents)
        first, last = filters.pages or (1, 1 << 31)
        query = (
            "SELECT elements.page, elements.row FROM elements JOIN pages ON pages.row = elements.page"
            " WHERE number BETWEEN ? AND ? AND elements.document IN (SELECT value FROM json_each(?))"
        )
        values: list[int | str] = [first, last, str(documents)]
        if filters.kinds:
            query += f" AND kind IN ({', '.join('?' * len(filters.kinds))})"
            values += [kind.value for kind in filters.kinds]
        found = np.array(self._store.connection.execute(query, values).fetchall(), np.int64).reshape(-1, 2)
        return Allowed(np.unique(found[:, 0]), np.unique(found[:, 1]))

    def _lists(
        self, vectors: Mapping[str, NDArray[np.float32]], words: list[str], allowed: Allowed
    ) -> tuple[list[RankedList], tuple[Rows, Rows, NDArray[np.float64]]]:
        weights, depth = self._options.weights, self._options.depth
        lists = [
            RankedList(name, self._weight(name), *self._dense(name, vector, allowed))
            for name, vector in vectors.items()
        ]
        connection = self._store.connection
        if "page-terms" in weights:
            _, pages, scores = bm25(connection, Terms.PAGES, words, depth, allowed.pages)
            lists.append(RankedList("page-terms", weights["page-terms"], pages, scores))
        lexical = bm25(connection, Terms.ELEMENTS, (), 0)
        if "element-terms" in weights:
            limit = depth * CHUNKS_A_PAGE
            lexical = bm25(connection, Terms.ELEMENTS, words, limit, allowed.elements)
            best = best_of_pages(lexical[1], lexical[2], depth)
            lists.append(RankedList("element-terms", weights["element-terms"], *best))
        return lists, lexical

    def _dense(
        self, name: str, vector: NDArray[np.float32], allowed: Allowed
    ) -> tuple[Rows, NDArray[np.float64]]:
        space, depth = self._spaces[name], self._options.depth
        chunks = None
        if allowed.elements is not None:
            chunks = space.places.chunks[np.isin(space.places.elements, allowed.elements)]
        found, scores = space.search(vector, depth * CHUNKS_A_PAGE, chunks)
        pages = space.places.pages[space.places.of(found)]
        return best_of_pages(pages, scores.astype(np.float64), depth, SUPPORT)

    def _hits(
        self,
        pages: Rows,
        scores: NDArray[np.float64],
        lists: list[RankedList],
        evidence: Mapping[int, Evidence],
    ) -> list[Hit]:
        shown = self._store.pages(pages.tolist())
        elements = self._store.elements([row for found in evidence.values() for row in found.elements])
        snippets = self._store.snippets(
            [found.chunk for found in evidence.values() if found.chunk is not None]
        )
        sources = _sources(pages, lists)
        hits: list[Hit] = []
        for page, score in zip(pages.tolist(), scores.tolist(), strict=True):
            found = evidence[page]
            members = tuple(elements[row] for row in found.elements)
            document, value = shown[page]
            hits.append(
                Hit(
                    rank=len(hits) + 1,
                    score=score,
                    document=self._corpus.documents[document],
                    page=value,
                    element=members[0],
                    elements=members,
                    sources=tuple(sources[page]),
                    snippet=snippets[found.chunk] if found.chunk is not None else _beginning(members[0]),
                )
            )
        return hits


def _sources(pages: Rows, lists: list[RankedList]) -> dict[int, list[Source]]:
    found: dict[int, list[Source]] = {page: [] for page in pages.tolist()}
    for ranked in lists:
        which, at = np.nonzero(pages[:, None] == ranked.pages)
        for page, rank, score in zip(
            pages[which].tolist(), at.tolist(), ranked.scores[at].tolist(), strict=True
        ):
            found[page].append(Source(ranked.name, rank + 1, score))
    return found


def _beginning(element: Element, length: int = 300) -> str:
    text = element.caption or element.text
    return text if len(text) <= length else text[:length].rsplit(" ", 1)[0] + " …"
