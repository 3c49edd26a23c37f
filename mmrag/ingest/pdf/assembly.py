"""Blocks to elements: ids, page fractions, section path, pictures and the words inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mmrag.ingest.pdf.boxes import area, clip, fractions, grow, inside, overlap
from mmrag.ingest.pdf.lines import in_picture, put_in
from mmrag.ingest.pdf.paragraphs import clean
from mmrag.ingest.pdf.render import encode
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.values import Block, Box, RawPage, Role
from mmrag.ingest.prose import rows_of
from mmrag.text.normalise import normalise
from mmrag.types import Asset, BBox, Element, Kind, Line, Page, element_id
from mmrag.vision.ocr import OcrLine

if TYPE_CHECKING:
    from PIL.Image import Image

Draw = Callable[[Box], "Image"]
"""From a box, in points, to its picture at the dpi of the options."""

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
    """Collects the elements and pictures of one page.

    Attributes:
        lines: of the page; set before its blocks are added, which put in what OCR reads in figures.
    """

    def __init__(self, document_id: str, raw: RawPage, state: DocumentState) -> None:
        self.document_id = document_id
        self.raw = raw
        self.state = state
        self.elements: list[Element] = []
        self.assets: dict[str, Asset] = {}
        self.lines: list[Line] = []
        self._seen: dict[tuple[Kind, BBox, str], int] = {}

    def add_blocks(self, blocks: Iterable[Block], draw: Draw | None) -> None:
        """Elements for blocks in reading order.

        Args:
            blocks: of the page.
            draw: makes pictures of tables and figures; ``None`` makes none.
        """
        for block in blocks:
            self._add_block(block, draw)

    def _add_block(self, block: Block, draw: Draw | None) -> None:
        text = clean(block)
        metadata: dict[str, str | int | float | bool] = {}
        section = self.state.outline.path
        if block.role is Role.HEADING:
            if not text:
                return
            metadata["level"] = self.state.outline.enter(block, self.raw.number)
            section = self.state.outline.path[:-1]
        asset: Asset | None = None
        if block.role in (Role.TABLE, Role.FIGURE) and draw is not None:
            asset = self._crop(draw, block.box)
        if block.role is Role.FIGURE:
            text, read = self._words(block, asset, draw)
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
        bbox = fractions(box, self.raw.width, self.raw.height)
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

    def _crop(self, draw: Draw, box: Box) -> Asset:
        area_shown = clip(grow(box, _CROP_MARGIN), self.raw.width, self.raw.height)
        return encode(draw(area_shown))

    def _words(self, block: Block, asset: Asset | None, draw: Draw | None) -> tuple[str, bool]:
        """Words inside a figure, and whether they were read from pixels."""
        lines = block.extra.get("lines", [])
        text = normalise("\n".join(row.text for row in to_rows(lines, self.state.fonts)))
        if (
            asset is None
            or draw is None
            or self.state.options.ocr == "never"
            or any(line.ocr for line in lines)
        ):
            return text, False
        if not self._is_raster(block.box) or len(text) >= _FEW_WORDS:
            return text, False
        if min(block.box[2] - block.box[0], block.box[3] - block.box[1]) < _MIN_OCR_SIDE:
            return text, False
        known = self.state.read_in_pictures
        shown = clip(block.box, self.raw.width, self.raw.height)
        if asset.id not in known:
            known[asset.id] = _read(draw(shown))
        found = known[asset.id]
        put_in(self.lines, in_picture(rows_of(found), shown, self.raw))
        words = normalise("\n".join(line.text for line in found))
        return "\n".join(part for part in (text, words) if part), bool(words)

    def _is_raster(self, box: Box) -> bool:
        covered = sum(overlap(box, image) for image in self.raw.images if inside(image, grow(box, 5)) > 0.5)
        return covered > 0.4 * area(box)


def page_value(document_id: str, raw: RawPage, label: str) -> Page:
    """The `Page` value of a raw page."""
    return Page(document_id, raw.number, raw.width, raw.height, raw.rotation, label)


def _read(picture: Image) -> list[OcrLine]:
    from mmrag.vision.ocr import read_text

    return read_text(picture)
