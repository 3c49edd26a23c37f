"""A page of an open document of pdfium: its lines, words, bitmaps and picture."""

from __future__ import annotations

import ctypes
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pypdfium2.raw as pdfium

from mmrag.ingest.pdf.boxes import holds_middle
from mmrag.ingest.pdf.values import Box, RawPage, Word
from mmrag.ingest.pdfium.letters import Run, read_runs

if TYPE_CHECKING:
    from PIL.Image import Image

_MAX_SIDE = 4000
_MANY_OBJECTS = 20_000
_BOLD, _ITALIC = 16, 2


class PdfiumPage:
    """The page ``number`` (1-based) of ``document`` (of pypdfium2), as a reader sees it."""

    def __init__(self, document: Any, number: int) -> None:
        self._page = document[number - 1]
        self.number = number
        self.rotation = int(self._page.get_rotation()) % 360
        self.width, self.height = (float(side) for side in self._page.get_size())

    def close(self) -> None:
        """Free what pdfium holds of it."""
        self._page.close()

    @cached_property
    def runs(self) -> list[Run]:
        """Its letters, line by line."""
        # Of a turned page pdfium gives the letters in the order in which they then stand, often backwards.
        self._page.set_rotation(0)
        textpage = self._page.get_textpage()
        try:
            return read_runs(textpage, self._place, self.rotation)
        finally:
            textpage.close()
            self._page.set_rotation(self.rotation)

    def raw(self) -> RawPage:
        """Its lines and bitmaps."""
        raw = RawPage(self.number, self.width, self.height, rotation=self.rotation)
        raw.lines = [run.line() for run in self.runs]
        self._read_objects(raw)
        return raw

    def words_in(self, box: Box) -> list[Word]:
        """The words whose middle lies in ``box`` or within two points of it."""
        near = (box[0] - 2, box[1] - 2, box[2] + 2, box[3] + 2)
        words = (word for run in self.runs for word in run.words())
        return [word for word in words if holds_middle(near, (word.x0, word.y0, word.x1, word.y1))]

    def spans_in(self, box: Box) -> list[dict[str, Any]]:
        """Lines whose middle lies in ``box``, as PyMuPDF gives spans of one font each."""
        lines = [line for run in self.runs if holds_middle(box, (line := run.line()).box)]
        return [
            {"text": line.text, "font": line.font, "flags": _BOLD * line.bold + _ITALIC * line.italic}
            for line in lines
        ]

    def picture(self, dpi: int) -> Image:
        """The whole page; ``dpi`` is lowered so that no side is over 4,000 pixels."""
        longest = max(self.width, self.height, 1.0)
        bitmap = self._page.render(scale=min(dpi / 72, _MAX_SIDE / longest), may_draw_forms=False)
        try:
            shown: Image = bitmap.to_pil().convert("RGB").copy()
            return shown
        finally:
            bitmap.close()

    def largest_bitmap(self) -> tuple[int, int]:
        """Pixels of the largest bitmap, by its header."""
        sizes = [(0, 0)]
        width, height = ctypes.c_uint(), ctypes.c_uint()
        for kind, one in self._objects():
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE and pdfium.FPDFImageObj_GetImagePixelSize(
                one, width, height
            ):
                sizes.append((width.value, height.value))
        return max(sizes, key=lambda size: size[0] * size[1])

    def _objects(self) -> list[tuple[int, Any]]:
        count = min(pdfium.FPDFPage_CountObjects(self._page), _MANY_OBJECTS)
        found = (pdfium.FPDFPage_GetObject(self._page, index) for index in range(count))
        return [(pdfium.FPDFPageObj_GetType(one), one) for one in found if one]

    def _read_objects(self, raw: RawPage) -> None:
        left, bottom, right, top = (ctypes.c_float() for _ in range(4))
        for kind, one in self._objects():
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                continue
            if not pdfium.FPDFPageObj_GetBounds(one, left, bottom, right, top):
                continue
            first, second = self._place(left.value, top.value), self._place(right.value, bottom.value)
            x0, x1 = sorted(min(max(x, 0.0), raw.width) for x in (first[0], second[0]))
            y0, y1 = sorted(min(max(y, 0.0), raw.height) for y in (first[1], second[1]))
            if kind == pdfium.FPDF_PAGEOBJ_IMAGE:
                raw.images.append((x0, y0, x1, y1))
            else:
                raw.drawings.append((x0, y0, x1, y1))
        raw.pictures = bool(raw.images)

    @cached_property
    def _shown(self) -> Box:
        """What is shown of pdfium's page, in its own coordinates: left, bottom, right, top."""
        box = pdfium.FS_RECTF()
        pdfium.FPDF_GetPageBoundingBox(self._page, box)
        return (box.left, box.bottom, box.right, box.top)

    def _place(self, x: float, y: float) -> tuple[float, float]:
        left, bottom, right, top = self._shown
        if self.rotation == 90:
            return (y - bottom, x - left)
        if self.rotation == 180:
            return (right - x, y - bottom)
        if self.rotation == 270:
            return (top - y, right - x)
        return (x - left, top - y)
