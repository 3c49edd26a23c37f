"""Blocks to elements: ids, page fractions, section path, pictures and the words inside them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mmrag.ingest.pdf.boxes import area, clip, grow, inside, overlap
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.paragraphs import clean
from mmrag.ingest.pdf.render import encode, render_clip
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.values import Block, Box, RawPage, Role
from mmrag.text.normalise import normalise
from mmrag.types import Asset, BBox, Element, Kind, Page, element_id

_KINDS = {
    Role.HEADING: Kind.HEADING,
    Role.PARAGRAPH: Kind.TEXT,
    Role.LIST: Kind.TEXT,
    Role.LISTING: Kind.TEXT,
    Role.CAPTION: Kind.TEXT,
    Role.TABLE: Kind.TABLE,
    Role.FIGURE: Kind.FIGURE,
    Role.FORMULA: Kind.FORMULA,
}
_CROP_MARGIN = 3.0
_FEW_WORDS = 24
_MIN_OCR_SIDE = 40.0


class Assembly:
    """Collects the elements and pictures of one page."""

    def __init__(self, document_id: str, raw: RawPage, state: DocumentState) -> None:
        self.document_id = document_id
        self.raw = raw
        self.state = state
        self.elements: list[Element] = []
        self.assets: dict[str, Asset] = {}
        self._seen: dict[tuple[Kind, BBox, str], int] = {}

    def add_blocks(self, blocks: Iterable[Block], view: PageView | None) -> None:
        """Elements for blocks in reading order.

        Args:
            blocks: of the page.
            view: of the page, to draw tables and figures from; ``None`` draws none.
        """
        for block in blocks:
            self._add_block(block, view)

    def _add_block(self, block: Block, view: PageView | None) -> None:
        text = clean(block)
        metadata: dict[str, str | int | float | bool] = {}
        section = self.state.outline.path
        if block.role is Role.HEADING:
            if not text:
                return
            metadata["level"] = self.state.outline.enter(block, self.raw.number)
            section = self.state.outline.path[:-1]
        asset: Asset | None = None
        if block.role in (Role.TABLE, Role.FIGURE) and view is not None:
            asset = self._crop(view.page, block.box)
        if block.role is Role.FIGURE:
            text, read = self._words(block, asset, view)
            if read:
                block.ocr = True
        if block.ocr:
            metadata["ocr"] = True
        if text or asset is not None:
            self.add(_KINDS[block.role], block.box, text, block.caption, section, asset, metadata)

    def add(
        self,
        kind: Kind,
        box: Box,
        text: str,
        caption: str = "",
        section: tuple[str, ...] = (),
        asset: Asset | None = None,
        metadata: dict[str, str | int | float | bool] | None = None,
    ) -> None:
        """One element; ``box`` in points."""
        bbox = _fractions(box, self.raw.width, self.raw.height)
        key = (kind, bbox, text)
        occurrence = self._seen.get(key, 0)
        self._seen[key] = occurrence + 1
        if asset is not None:
            self.assets[asset.id] = asset
        self.elements.append(
            Element(
                id=element_id(self.document_id, self.raw.number, kind, bbox, text, occurrence),
                document=self.document_id,
                page=self.raw.number,
                kind=kind,
                bbox=bbox,
                text=text,
                caption=caption,
                section=section,
                order=len(self.elements),
                picture=None if asset is None else asset.id,
                metadata=metadata or {},
            )
        )

    def _crop(self, page: Any, box: Box) -> Asset:
        area_shown = clip(grow(box, _CROP_MARGIN), self.raw.width, self.raw.height)
        return encode(render_clip(page, area_shown, self.state.options.dpi))

    def _words(self, block: Block, asset: Asset | None, view: PageView | None) -> tuple[str, bool]:
        """Words inside a figure, and whether they were read from pixels."""
        lines = block.extra.get("lines", [])
        text = normalise("\n".join(row.text for row in to_rows(lines, self.state.fonts)))
        if (
            asset is None
            or view is None
            or self.state.options.ocr == "never"
            or any(line.ocr for line in lines)
        ):
            return text, False
        if not self._is_raster(block.box) or len(text) >= _FEW_WORDS:
            return text, False
        if min(block.box[2] - block.box[0], block.box[3] - block.box[1]) < _MIN_OCR_SIDE:
            return text, False
        known = self.state.words_of_pictures
        if asset.id not in known:
            known[asset.id] = self._read(view.page, block.box)
        return "\n".join(part for part in (text, known[asset.id]) if part), bool(known[asset.id])

    def _read(self, page: Any, box: Box) -> str:
        from mmrag.ingest.ocr import read_text

        picture = render_clip(page, clip(box, self.raw.width, self.raw.height), self.state.options.dpi)
        return normalise("\n".join(line.text for line in read_text(picture)))

    def _is_raster(self, box: Box) -> bool:
        covered = sum(overlap(box, image) for image in self.raw.images if inside(image, grow(box, 5)) > 0.5)
        return covered > 0.4 * area(box)


def _fractions(box: Box, width: float, height: float) -> BBox:
    x0, y0, x1, y1 = box[0] / width, box[1] / height, box[2] / width, box[3] / height
    if 0.0 <= x0 <= x1 <= 1.0 and 0.0 <= y0 <= y1 <= 1.0:
        return BBox(x0, y0, x1, y1)
    return BBox.from_points(*box, width, height)


def page_value(document_id: str, raw: RawPage, label: str) -> Page:
    """The `Page` value of a raw page."""
    return Page(document_id, raw.number, raw.width, raw.height, raw.rotation, label)
