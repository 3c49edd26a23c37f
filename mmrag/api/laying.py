"""Laying views over the stored pages of one document: descriptions, chunks and vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PIL.Image import Image

from mmrag.api.fulltext import element_text
from mmrag.config import VisualOptions
from mmrag.encoders.base import Matrix, PageVectors, PageView
from mmrag.encoders.batching import encode_pages, encode_pictures, encode_texts
from mmrag.encoders.lists import ChunkList, PageList, texts_of
from mmrag.errors import IngestError, UsageError
from mmrag.index.multivector.pooling import pool_vectors
from mmrag.index.outcome import pages_missing
from mmrag.index.writer import Writer, content_key
from mmrag.strategies.base import Notes, OpenPicture, Strategy
from mmrag.types import Chunk, Element, Kind, Line, Page

CHUNKS_AT_ONCE = 256
"""Chunks that wait for one another, so that encoding has something to batch and memory stays flat."""

PAGES_AT_ONCE = 32
"""Pages that wait for one another, so that their pictures can be described at the same time."""


@dataclass(frozen=True, slots=True)
class StoredPage:
    """A page as the index holds it: its row and value, its lines, and its elements with their rows."""

    row: int
    page: Page
    lines: tuple[Line, ...]
    element_rows: tuple[int, ...]
    elements: tuple[Element, ...]


class Layer:
    """Lays views over the pages of one document, inside one transaction of the writer.

    Args:
        writer: of the index.
        document: the document's row.
        strategies: the views to lay.
        open_picture: decodes an asset.
        draw_page: draws a page in RGB.
        notes: what captioners have said before, and what they come to.
        options: of strategy visual.
    """

    def __init__(
        self,
        writer: Writer,
        document: int,
        strategies: Sequence[Strategy],
        open_picture: OpenPicture,
        draw_page: Callable[[StoredPage], Image],
        notes: Notes,
        options: VisualOptions,
    ) -> None:
        self._writer = writer
        self._document = document
        self._strategies = strategies
        self._open_picture = open_picture
        self._draw_page = draw_page
        self._notes = notes
        self._options = options
        self._lists = {found.name: found for strategy in strategies for found in strategy.lists}
        self._encoded = 0
        self._undrawn: dict[int, str] = {}
        self._pages: list[StoredPage] = []
        self._chunks: dict[str, list[tuple[int, int, Chunk]]] = {}

    def add(self, page: StoredPage) -> None:
        """Take the next page."""
        self._pages.append(page)
        if len(self._pages) >= PAGES_AT_ONCE:
            self._lay()

    def finish(self) -> int:
        """Lay what has waited, and note that the views are there; how much had to be embedded."""
        self._lay()
        for space in self._chunks:
            self._embed(space)
        for strategy in self._strategies:
            lacks = sorted(self._undrawn.items()) if strategy.name == "visual" else []
            self._writer.mark_laid(self._document, [strategy.name], pages_missing(lacks) if lacks else "")
        return self._encoded

    def _lay(self) -> None:
        pages, self._pages = self._pages, []
        if not pages:
            return
        places = {
            element.id: (page.row, row)
            for page in pages
            for row, element in zip(page.element_rows, page.elements, strict=True)
        }
        elements = self._described([element for page in pages for element in page.elements], places)
        for strategy in self._strategies:
            for space, chunk in strategy.chunks(elements):
                self._chunks.setdefault(space, []).append((*places[chunk.element], chunk))
        for space, waiting in self._chunks.items():
            if len(waiting) >= CHUNKS_AT_ONCE:
                self._embed(space)
        for found in self._lists.values():
            if isinstance(found, PageList):
                self._see(found, pages)

    def _described(self, before: list[Element], places: dict[str, tuple[int, int]]) -> list[Element]:
        elements = before
        for strategy in self._strategies:
            elements = strategy.describe(elements, self._open_picture, self._notes)
        for old, new in zip(before, elements, strict=True):
            if new.metadata != old.metadata:
                self._writer.describe_element(places[new.id][1], new, element_text(new))
        return elements

    def _embed(self, name: str) -> None:
        """Vectors for the chunks that wait, each distinct content once, whatever view has asked before."""
        waiting, self._chunks[name] = self._chunks[name], []
        into = self._lists[name]
        assert isinstance(into, ChunkList)  # noqa: S101 - strategies give chunks to lists of chunks alone
        encoder = into.encoder
        row = self._writer.space(name, encoder.dim, encoder.fingerprint)
        texts = {_key(chunk): chunk for *_, chunk in waiting if chunk.picture is None}
        pictures = {_key(chunk): chunk for *_, chunk in waiting if chunk.picture is not None}
        vectors = self._vectors(
            texts_of(encoder).fingerprint,
            texts,
            lambda new: encode_texts(encoder, [chunk.text for chunk in new]),
        )
        vectors |= self._vectors(
            encoder.fingerprint,
            pictures,
            lambda new: encode_pictures(
                encoder,
                (self._open_picture(str(chunk.picture)) for chunk in new),
                len(new),
                words=[chunk.text for chunk in new],
            ),
        )
        self._writer.add_chunks(
            row,
            self._document,
            ((page, element, vectors[_key(chunk)], chunk.snippet) for page, element, chunk in waiting),
        )

    def _vectors(
        self, fingerprint: str, contents: dict[bytes, Chunk], encode: Callable[[Sequence[Chunk]], Matrix]
    ) -> dict[bytes, int]:
        maker = self._writer.encoder(fingerprint)
        known = self._writer.known_vectors(maker, contents)
        new = [key for key in contents if key not in known]
        if not new:
            return known
        self._encoded += len(new)
        return known | self._writer.add_vectors(maker, new, encode([contents[key] for key in new]))

    def _see(self, into: PageList, pages: Sequence[StoredPage]) -> None:
        """Vectors of whole pages. A page that can't be drawn has none, and says why."""
        encoder = into.encoder
        row = self._writer.space(into.name, encoder.dim, encoder.fingerprint, paged=True)
        failed: set[int] = set()
        views = [self._view(page, failed) for page in pages]
        for page, made in zip(pages, encode_pages(encoder, views), strict=True):
            if page.page.number in failed:
                made = PageVectors(made.vectors[:0], made.boxes[:0])
            vectors, boxes = pool_vectors(made.vectors, made.boxes, self._options.pool)
            self._writer.add_page_vectors(row, self._document, page.row, vectors, boxes)
        self._encoded += len(pages)

    def _view(self, page: StoredPage, failed: set[int]) -> PageView:
        def picture() -> Image:
            from PIL.Image import new

            try:
                return self._draw_page(page)
            except (IngestError, UsageError) as error:
                failed.add(page.page.number)
                self._undrawn[page.page.number] = f"not drawn for strategy visual: {error}"
                return new("RGB", (8, 8))

        figures = tuple(
            element.bbox for element in page.elements if element.kind is Kind.FIGURE and element.bbox
        )
        return PageView(page.lines, figures, picture)


def stored_pages(writer: Writer, document: int, behind: int = 0) -> Iterator[StoredPage]:
    """The pages of a document (by its row) with their elements, in their order, a few at a time in memory.

    Args:
        writer: of the index.
        document: its row.
        behind: only pages of a higher number.
    """
    while pages := writer.document_pages(document, behind, PAGES_AT_ONCE):
        for row, page, lines in pages:
            rows = writer.elements_of_pages([row])[row]
            elements = writer.elements(rows)
            yield StoredPage(row, page, lines, tuple(rows), tuple(elements[at] for at in rows))
            behind = page.number


def _key(chunk: Chunk) -> bytes:
    """What stands for the content of a chunk: equal content is embedded once."""
    return content_key(chunk.text if chunk.picture is None else f"\0{chunk.picture}\0{chunk.text}")
