"""An open document of pdfium to parsed pages, one after the other."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mmrag.config import IngestOptions
from mmrag.ingest.pdf.assembly import Assembly, page_value
from mmrag.ingest.pdf.demand import is_scan, needs_layout
from mmrag.ingest.pdf.limits import oversize, picture_oversize
from mmrag.ingest.pdf.lines import page_lines
from mmrag.ingest.pdf.numbering import without_line_numbers
from mmrag.ingest.pdf.order import in_columns
from mmrag.ingest.pdf.outline import Outline
from mmrag.ingest.pdf.paragraphs import sideways
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.scans import fill_scan, understand_scan
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry
from mmrag.ingest.pdf.values import Box, RawPage
from mmrag.ingest.pdfium.page import PdfiumPage
from mmrag.ingest.pdfium.unseen import drop_unseen
from mmrag.ingest.place import announce
from mmrag.types import ParsedPage

if TYPE_CHECKING:
    from PIL.Image import Image

ENGINE = "pdfium"
_MOST_BOOKMARKS = 10_000


class PdfiumReader:
    """Reads pages one at a time, none ahead: what is read here has broken one engine already."""

    def __init__(self, document: Any, document_id: str, options: IngestOptions) -> None:
        self._document = document
        self._id = document_id
        self._options = options
        self._state = DocumentState(options, Outline(_bookmarks(document)), len(document))

    def pages(self, after: int = 0, skip: Container[int] = ()) -> Iterator[ParsedPage]:
        """The parsed pages behind page ``after`` but those in ``skip``; closes the document at the end."""
        try:
            for number in range(after + 1, len(self._document) + 1):
                if number not in skip:
                    announce(number)
                    yield self._parse(number)
        finally:
            self._document.close()

    def _parse(self, number: int) -> ParsedPage:
        raw = RawPage(number, 0.0, 0.0)
        assembly = Assembly(self._id, raw, self._state)
        try:
            page = PdfiumPage(self._document, number)
            try:
                raw = assembly.raw = page.raw()
                self._fill(assembly, page)
            finally:
                page.close()
        except Exception as problem:  # one page must not cost the others
            reason = " ".join(str(problem).split())[:200] or type(problem).__name__
            raw.error = raw.error or f"page {number} can't be read by {ENGINE}: {reason}"
        return ParsedPage(
            page_value(self._id, raw, self._document.get_page_label(number - 1)),
            tuple(
                replace(element, metadata={**element.metadata, "engine": ENGINE})
                for element in assembly.elements
            ),
            tuple(assembly.assets.values()),
            raw.error or None,
            tuple(assembly.lines),
        )

    def _fill(self, assembly: Assembly, page: PdfiumPage) -> None:
        raw = assembly.raw
        if raw.width <= 0 or raw.height <= 0:
            return
        raw.error = oversize(raw, self._options) or picture_oversize(
            raw, page.largest_bitmap(), self._options
        )
        raw.text_only = bool(raw.error)
        picture = None if raw.text_only else page.picture(self._options.dpi)
        if picture is not None:
            drop_unseen(page, raw, picture)
        raw.lines = without_line_numbers(raw.lines)
        self._state.add(raw)
        if picture is None:
            self._fill_text(assembly, page, None)
        elif is_scan(raw):
            fill_scan(assembly, page, picture, _Cut(picture, raw))
        else:
            self._fill_text(assembly, page, picture)

    def _fill_text(self, assembly: Assembly, page: PdfiumPage, picture: Image | None) -> None:
        raw = assembly.raw
        lines = self._state.furniture.split(raw)
        rows = to_rows([line for line in lines if line.upright], self._state.fonts)
        beside = [line for line in lines if not line.upright]
        columns = in_columns(rows, self._state.fonts)
        assembly.lines = page_lines(raw, columns, beside)
        layout = self._options.layout
        if picture is not None and layout != "never" and (layout == "always" or needs_layout(raw, rows)):
            blocks = understand_scan(page, picture, raw, lines, self._state)
            assembly.add_blocks(blocks, _Cut(picture, raw))
        else:
            assembly.add_blocks([*by_geometry(page, raw, columns, self._state), *sideways(beside)], None)


class _Cut:
    """Cuts boxes, in points, out of the picture of the page."""

    def __init__(self, picture: Image, raw: RawPage) -> None:
        self._picture = picture
        self._scale = (picture.width / raw.width, picture.height / raw.height)

    def __call__(self, box: Box) -> Image:
        across, down = self._scale
        x0, y0 = int(box[0] * across), int(box[1] * down)
        x1, y1 = max(x0 + 1, round(box[2] * across)), max(y0 + 1, round(box[3] * down))
        return self._picture.crop((x0, y0, x1, y1))


def _bookmarks(document: Any) -> list[list[Any]]:
    """Level, title and page of the bookmarks, as PyMuPDF gives them."""
    found: list[list[Any]] = []
    for bookmark in document.get_toc():
        target = bookmark.get_dest()
        index = target.get_index() if target is not None else None
        found.append([bookmark.level + 1, bookmark.get_title(), -1 if index is None else index + 1])
        if len(found) >= _MOST_BOOKMARKS:
            break
    return found
