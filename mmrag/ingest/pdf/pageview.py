"""A page of an open document that is loaded only when something of it is needed, and read only once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from mmrag.ingest.pdf.boxes import holds_middle
from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.letters import spans_of, text_blocks
from mmrag.ingest.pdf.values import Box, RawPage, Word

_TOO_HIGH = 8.0


class PageView:
    """The page ``number`` (1-based) of ``document`` (of PyMuPDF), as a reader sees it.

    Args:
        document: of PyMuPDF.
        number: 1-based.
        raw: of the page if it was read already; its text is not read twice, and what is hidden is left out.
    """

    def __init__(self, document: Any, number: int, raw: RawPage | None = None) -> None:
        self._document = document
        self._number = number
        self._copy: Any = None
        self._read = None if raw is None else raw.textpage
        self._hidden = [] if raw is None else raw.hidden

    @cached_property
    def rotation(self) -> int:
        """Degrees by which the page is turned to be shown: 0, 90, 180 or 270."""
        return int(self._loaded.rotation) % 360

    @cached_property
    def _loaded(self) -> Any:
        return self._document.load_page(self._number - 1)

    @cached_property
    def page(self) -> Any:
        """The page of PyMuPDF; of a rotated one, a copy that looks the same without rotation."""
        page = self._loaded
        turned = self.rotation
        if not turned:
            return page
        import pymupdf

        size = page.rect
        page.set_rotation(0)
        try:
            # A page dies with its document, so the copy is held here.
            self._copy = pymupdf.open()
            upright = self._copy.new_page(width=size.width, height=size.height)
            upright.show_pdf_page(upright.rect, self._document, self._number - 1, rotate=-turned)
        finally:
            page.set_rotation(turned)
        return upright

    @cached_property
    def drawing(self) -> Any:
        """What is painted on the page, read once for all the pictures that are made of it."""
        return self.page.get_displaylist()

    def words_in(self, box: Box) -> list[Word]:
        """The words of the text layer whose middle lies in ``box`` or within two points of it."""
        left, top, right, bottom = box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2
        found = []
        for x0, y0, x1, y1, text, _, _, _ in self._words:
            # Most words of the page are elsewhere, whatever their true height is.
            if y1 < top or y0 + y1 > 2 * bottom or not 2 * left <= x0 + x1 <= 2 * right:
                continue
            letter = (x1 - x0) / len(text)
            if y1 - y0 > _TOO_HIGH * letter and y1 - y0 > x1 - x0:
                # Far too high for its letters: a Type 3 font with a wrong bounding box.
                y0 = y1 - 2 * letter
            text = readable(text)
            if top <= (y0 + y1) / 2 <= bottom and self._is_shown((x0, y0, x1, y1), text):
                found.append(Word(x0, y0, x1, y1, text))
        return found

    @cached_property
    def _words(self) -> list[tuple[Any, ...]]:
        words: list[tuple[Any, ...]] = self._textpage.extractWORDS()
        return words

    def _is_shown(self, box: Box, text: str) -> bool:
        return not any(holds_middle(one.box, box) and text in one.text for one in self._hidden)

    def spans_in(self, box: Box) -> list[dict[str, Any]]:
        """Spans of one font each whose middle lies in ``box``, as PyMuPDF's ``dict`` gives them."""
        return [
            span
            for top, bottom, block in self._blocks
            if top <= box[3] and bottom >= box[1]
            for span in spans_of(block)
            if span["text"].strip()
            and holds_middle(box, span["bbox"])
            and self._is_shown(span["bbox"], span["text"].strip())
        ]

    @cached_property
    def _blocks(self) -> list[tuple[float, float, Any]]:
        """Top and bottom of each block of text, and its structure in MuPDF."""
        boxes = ((block.bbox, block) for block in text_blocks(self._textpage))
        return [(box.y0, box.y1, block) for box, block in boxes]

    @cached_property
    def _textpage(self) -> Any:
        if self._read is not None:
            return self._read
        import pymupdf

        return self.page.get_textpage(
            flags=pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CLIP
        )
