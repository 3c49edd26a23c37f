"""Writing one parsed document into the index: elements, words, pictures, chunks and vectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mmrag.api.searchable import element_text, page_text
from mmrag.encoders.base import Matrix
from mmrag.encoders.batching import encode_texts
from mmrag.index.writer import Writer, text_hash
from mmrag.strategies.base import Strategy
from mmrag.types import Chunk, Document, ParsedPage, Status

FLUSH = 256
"""Chunks that wait for one another, so that encoding has something to batch and memory stays flat."""


class DocumentWriter:
    """Takes the pages of one document, inside one transaction of the writer.

    The document's earlier version, if there is one, stays until `finish`: its vectors serve the
    chunks that have not changed.

    Attributes:
        document: as the ingestor gave it.
        pages: pages taken so far.
        encoded: chunks that had to be embedded.
    """

    def __init__(self, writer: Writer, strategies: list[Strategy], document: Document) -> None:
        self.document = document
        self.pages = 0
        self.encoded = 0
        self._writer = writer
        self._strategies = strategies
        self._elements = 0
        self._errors: dict[int, str] = {}
        self._pending: dict[str, list[tuple[tuple[int, int], Chunk]]] = {}
        writer.supersede(document.path)
        self._row = writer.add_document(document)

    def add(self, parsed: ParsedPage) -> None:
        """Take the next page."""
        assets = {asset.id: asset for asset in parsed.assets}
        for asset in parsed.assets:
            self._writer.add_asset(asset)
        elements = [replace(element, document=self.document.id) for element in parsed.elements]
        for strategy in self._strategies:
            elements = strategy.describe(elements, assets, self._remember)
        page = self._writer.add_page(self._row, parsed.page, parsed.error, page_text(elements))
        rows = {
            element.id: self._writer.add_element(self._row, page, element, element_text(element))
            for element in elements
        }
        for strategy in self._strategies:
            for space, chunk in strategy.chunks(elements):
                self._pending.setdefault(space, []).append(((page, rows[chunk.element]), chunk))
        for space, waiting in self._pending.items():
            if len(waiting) >= FLUSH:
                self._flush(space)
        self.pages += 1
        self._elements += len(elements)
        if parsed.error is not None:
            self._errors[parsed.page.number] = parsed.error

    def finish(self) -> tuple[Status, str]:
        """Embed what is left, drop the earlier version; the document's status and its reason."""
        for space in self._pending:
            self._flush(space)
        self._writer.set_page_count(self._row, self.pages)
        self._writer.drop_superseded()
        if self._errors:
            numbers = ", ".join(str(number) for number in list(self._errors)[:20])
            return Status.PARTLY, f"pages {numbers}: {next(iter(self._errors.values()))}"
        if not self._elements:
            return Status.EMPTY, "no text and no pictures were found in it"
        return Status.INDEXED, ""

    def _remember(self, key: str, make: Callable[[], str]) -> str:
        said = self._writer.caption(key)
        if said is None:
            said = make()
            self._writer.keep_caption(key, said)
        return said

    def _flush(self, space: str) -> None:
        waiting, self._pending[space] = self._pending[space], []
        if not waiting:
            return
        encoder = next(
            strategy.encoders[space] for strategy in self._strategies if space in strategy.encoders
        )
        row = self._writer.space(space, encoder.dim, encoder.fingerprint)
        chunks = [chunk for _, chunk in waiting]
        texts = {text_hash(chunk.text): chunk.text for chunk in chunks}
        vectors: dict[bytes, Matrix] = {
            key: np.frombuffer(blob, "<f4").astype(np.float32)
            for key, blob in self._writer.known_vectors(row, texts).items()
        }
        unknown = [key for key in texts if key not in vectors]
        made = encode_texts(encoder, [texts[key] for key in unknown])
        vectors |= dict(zip(unknown, made, strict=True))
        self.encoded += len(unknown)
        places = [place for place, _ in waiting]
        matrix = np.stack([vectors[text_hash(chunk.text)] for chunk in chunks])
        self._writer.add_chunks(row, self._row, places, chunks, matrix)
