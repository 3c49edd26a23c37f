"""Writing one parsed document into the index: pages, elements, words, pictures, and the views over them."""

from __future__ import annotations

from dataclasses import replace

from mmrag.api.fulltext import element_text, page_text
from mmrag.api.laying import Layer, StoredPage
from mmrag.index.writer import Writer
from mmrag.types import Document, ParsedPage


class DocumentWriter:
    """Takes the pages of one document, inside one transaction of the writer.

    Attributes:
        document: as the ingestor gave it.
        pages: pages taken so far.
    """

    def __init__(self, writer: Writer, document: Document) -> None:
        self.document = document
        self.pages = 0
        self._writer = writer
        writer.remove_document(document.path)
        self.row = writer.add_document(document)

    def add(self, parsed: ParsedPage, layer: Layer) -> None:
        """Take the next page, and hand it on to the views."""
        for asset in parsed.assets:
            self._writer.add_asset(asset)
        elements = [replace(element, document=self.document.id) for element in parsed.elements]
        page = self._writer.add_page(self.row, parsed, page_text(elements))
        rows = [
            self._writer.add_element(self.row, page, element, element_text(element)) for element in elements
        ]
        layer.add(StoredPage(page, parsed.page, parsed.lines, tuple(rows), tuple(elements)))
        self.pages += 1

    def finish(self) -> None:
        """All pages are there."""
        self._writer.set_page_count(self.row, self.pages)
