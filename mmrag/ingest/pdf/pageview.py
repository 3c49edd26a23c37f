"""A page of an open document that is loaded only when something of it is needed, and read only once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from mmrag.ingest.pdf.boxes import holds_middle
from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.values import Box, Hidden, RawPage, Word

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
        # Spans read from a text page with bitmaps would bring the bitmaps' bytes along.
        self._read = None if raw is None or raw.pictures else raw.textpage
        self._hidden = [] if raw is None else raw.hidden

    @cached_property
    def rotation(self) -> int:
        """Degrees by which the page is turned to be shown: 0, 90, 180 or 270."""
        return int(self._document[self._number - 1].rotation) % 360

    @cached_property
    def page(self) -> Any:
        """The page of PyMuPDF; of a rotated one, a copy that looks the same without rotation."""
        page = self._document[self._number - 1]
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

    def words_in(self, box: Box) -> list[Word]:
        """The words of the text layer whose middle lies in ``box`` or within two points of it."""
        around = (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2)
        return [word for word in self._words if holds_middle(around, (word.x0, word.y0, word.x1, word.y1))]

    @cached_property
    def _words(self) -> list[Word]:
        words = []
        for x0, y0, x1, y1, text, *_ in self._textpage.extractWORDS():
            letter = (x1 - x0) / len(text)
            # Far too high for its letters: a Type 3 font with a wrong bounding box.
            top = y1 - 2 * letter if y1 - y0 > _TOO_HIGH * letter and y1 - y0 > x1 - x0 else y0
            word = Word(x0, top, x1, y1, readable(text))
            if not self._hidden or _is_shown((x0, top, x1, y1), word.text, self._hidden):
                words.append(word)
        return words

    def spans_in(self, box: Box) -> list[dict[str, Any]]:
        """Spans of one font each whose middle lies in ``box``, as PyMuPDF's ``dict`` gives them."""
        return [span for span in self._spans if holds_middle(box, span["bbox"])]

    @cached_property
    def _spans(self) -> list[dict[str, Any]]:
        return [
            span
            for block in self._textpage.extractDICT()["blocks"]
            for line in block.get("lines", ())
            for span in line["spans"]
            if span["text"].strip() and _is_shown(span["bbox"], span["text"].strip(), self._hidden)
        ]

    @cached_property
    def _textpage(self) -> Any:
        if self._read is not None:
            return self._read
        import pymupdf

        return self.page.get_textpage(
            flags=pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_CLIP
        )


def _is_shown(box: Box, text: str, hidden: list[Hidden]) -> bool:
    return not any(holds_middle(one.box, box) and text in one.text for one in hidden)
