"""An open PDF to parsed pages, one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterator
from dataclasses import replace
from typing import Any

import pymupdf

from mmrag.config import IngestOptions
from mmrag.ingest.base import PAGES_A_RANGE
from mmrag.ingest.pdf.assembly import Assembly, Draw, page_value
from mmrag.ingest.pdf.console import split_tables
from mmrag.ingest.pdf.demand import is_scan, needs_layout
from mmrag.ingest.pdf.hidden import drop_hidden
from mmrag.ingest.pdf.limits import check_graphics
from mmrag.ingest.pdf.lines import page_lines
from mmrag.ingest.pdf.numbering import without_line_numbers
from mmrag.ingest.pdf.order import in_columns
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.paragraphs import sideways
from mmrag.ingest.pdf.rawpage import read_raw
from mmrag.ingest.pdf.render import render_clip
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.scans import fill_scan
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.understand import by_geometry, by_layout
from mmrag.ingest.pdf.values import Block, Line, RawPage, Row
from mmrag.ingest.place import announce
from mmrag.types import ParsedPage

_AHEAD = 5
# MuPDF keeps what it has decoded, up to 256 MB; fonts that are still in use are read again at once.
_FORGET_EVERY = 200


class Reader:
    """Reads raw pages a few ahead, so that what repeats in the margins is known when a page is parsed."""

    def __init__(self, document: Any, document_id: str, options: IngestOptions) -> None:
        self._document = document
        self._id = document_id
        self._options = options
        self._state = DocumentState.of(document, options)
        self._labelled = bool(document.get_page_labels())

    def pages(self, after: int = 0, resume: str = "", skip: Container[int] = ()) -> Iterator[ParsedPage]:
        """The parsed pages; closes the document at the end.

        Args:
            after: leave out the pages up to this one, and don't touch it.
            resume: what that page said about itself, if it was read before.
            skip: pages that broke a parser before: left out and not touched.
        """
        ahead: deque[RawPage] = deque()
        begin = after
        try:
            if resume:
                begin += self._state.carry_on(resume)
                ahead.extend(self._read(index, add=False) for index in _but(skip, after, begin))
            else:
                for index in _but(skip, after - 1 - _AHEAD, after - 1):
                    self._read(index)
            for index in _but(skip, begin, self._document.page_count):
                ahead.append(self._read(index))
                if index % _FORGET_EVERY == _FORGET_EVERY - 1:
                    pymupdf.TOOLS.store_shrink(100)
                if len(ahead) > _AHEAD:
                    yield self._next(ahead)
            while ahead:
                yield self._next(ahead)
        finally:
            self._document.close()

    def _next(self, ahead: deque[RawPage]) -> ParsedPage:
        parsed = self._parse(ahead.popleft())
        if parsed.page.number % PAGES_A_RANGE or parsed.page.number == self._state.page_count:
            return parsed
        # Not their count: pages may have been skipped among them.
        last = ahead[-1].number if ahead else parsed.page.number
        return replace(parsed, resume=self._state.carried(last - parsed.page.number))

    def _read(self, index: int, *, add: bool = True) -> RawPage:
        announce(index + 1)
        try:
            view = PageView(self._document, index + 1)
            raw = read_raw(view, index + 1, graphics=self._options.layout != "never")
            check_graphics(self._document, view, raw, self._options)
            if raw.suspects:
                self._leave_out_hidden(view, raw)
            raw.lines = without_line_numbers(raw.lines)
        except Exception as error:  # one page must not cost the others
            return RawPage(index + 1, 0.0, 0.0, error=f"page {index + 1} can't be read: {_one_line(error)}")
        if add:
            self._state.add(raw)
        return raw

    def _leave_out_hidden(self, view: PageView, raw: RawPage) -> None:
        try:
            drop_hidden(view, raw)
        except Exception as problem:  # a page that can't be drawn can still be read
            reason = _one_line(problem)
            raw.error = f"page {raw.number}: whether all its text can be seen was not found out: {reason}"

    def _parse(self, raw: RawPage) -> ParsedPage:
        announce(raw.number)
        assembly = Assembly(self._id, raw, self._state)
        if raw.width > 0 and raw.height > 0:
            try:
                self._fill(assembly, raw)
            except Exception as problem:  # one page must not cost the others
                raw.error = raw.error or f"page {raw.number} is incomplete: {_one_line(problem)}"
        label = self._document[raw.number - 1].get_label() if self._labelled else ""
        return ParsedPage(
            page_value(self._id, raw, label),
            tuple(assembly.elements),
            tuple(assembly.assets.values()),
            raw.error or None,
            tuple(assembly.lines),
        )

    def _fill(self, assembly: Assembly, raw: RawPage) -> None:
        if not raw.text_only and is_scan(raw):
            self._fill_scan(assembly, raw)
            return
        furniture = self._state.furniture
        lines = furniture.split(raw)
        raw.images = [box for box in raw.images if not furniture.is_logo(raw, box)]
        rows = to_rows([line for line in lines if line.upright], self._state.fonts)

        beside = [line for line in lines if not line.upright]
        columns = in_columns(rows, self._state.fonts)
        assembly.lines = page_lines(raw, columns, beside)

        view = PageView(self._document, raw.number, raw)
        turned = sideways(beside)
        if raw.text_only:
            assembly.add_blocks([*by_geometry(view, raw, columns, self._state), *turned], None)
            return
        blocks = self._laid_out(view, raw, lines) if self._wants_layout(raw, rows) else None
        if blocks is None:
            plain = by_geometry(view, raw, columns, self._state)
            blocks = [part for block in plain for part in split_tables(block, view)] + turned
        assembly.add_blocks(blocks, None if self._options.layout == "never" else self._draw(view))

    def _laid_out(self, view: PageView, raw: RawPage, lines: list[Line]) -> list[Block] | None:
        """Blocks by the layout model; ``None``, with the reason as the page's error, where it fails."""
        try:
            return by_layout(view, raw, lines, self._state)
        except Exception as problem:  # whatever the model trips over, the text can still be read
            reason = _one_line(problem)
            raw.error = f"page {raw.number}: its layout could not be read, only its text: {reason}"
            return None

    def _wants_layout(self, raw: RawPage, rows: list[Row]) -> bool:
        layout = self._options.layout
        return layout == "always" or (layout == "auto" and needs_layout(raw, rows))

    def _fill_scan(self, assembly: Assembly, raw: RawPage) -> None:
        view = PageView(self._document, raw.number, raw)
        picture = render_clip(view.drawing, None, self._options.dpi)
        fill_scan(assembly, view, picture, self._draw(view))

    def _draw(self, view: PageView) -> Draw:
        return lambda box: render_clip(view.drawing, box, self._options.dpi)


def _but(skip: Container[int], begin: int, end: int) -> Iterator[int]:
    """Indices from ``begin`` to ``end`` of the pages that are not to be skipped."""
    return (index for index in range(max(0, begin), end) if index + 1 not in skip)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
