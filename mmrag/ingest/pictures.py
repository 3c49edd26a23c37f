"""Picture files: PNG, JPEG, WebP, BMP, GIF, and TIFF with one page a frame."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, IngestError, UnreadableError
from mmrag.ingest.base import PAGES_A_RANGE
from mmrag.ingest.building import PageBuilder
from mmrag.ingest.raster import check_size, opened, to_asset, upright
from mmrag.ingest.sniff import BMP, GIF, JPEG, PNG, TIFF, WEBP, media_type
from mmrag.pictures import shrunk
from mmrag.text.normalise import normalise
from mmrag.types import Asset, BBox, Document, Kind, Page, ParsedPage
from mmrag.vision.ocr.reading import MAX_SIDE

if TYPE_CHECKING:
    from PIL.Image import Image

_WHOLE = BBox(0.0, 0.0, 1.0, 1.0)
_TAGS = {"title": 0x010E, "author": 0x013B, "date": 0x0132}


class PictureIngestor:
    """Reads picture files; see `mmrag.ingest.base.Ingestor`.

    A picture becomes one ``figure`` with the words that OCR reads in it. A scanned or photographed page
    of text becomes one ``page`` and its paragraphs.
    """

    media_types = frozenset({PNG, JPEG, WEBP, TIFF, BMP, GIF})
    version = "pictures-2"

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and one page a frame of a TIFF; one page of anything else.

        Raises:
            DamagedError: if it is not a picture, or its first frame can't be decoded.
            TooLargeError: if its first frame has more pixels than ``options.max_pixels``.
            UnreadableError: if the file can't be read.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"{name} can't be read: {error.strerror or error}") from error
        if not data:
            raise DamagedError(f"{name} is empty (0 bytes)")
        kind = media_type(data[:65_536], name)
        with opened(data, name, options.max_pixels) as picture:
            frames = _frames(picture, name) if kind == TIFF else 1
            upright(picture, name)
            said = _said(picture)
            document = Document(
                id=hashlib.sha256(data).hexdigest(),
                path=name,
                media_type=kind,
                title=said.pop("title", ""),
                page_count=frames,
                metadata=said,
            )
        return document, _pages(document, data, options)

    def resume(
        self,
        path: Path,
        name: str,
        options: IngestOptions,
        password: str | None,
        after: int,
        resume: str = "",
        skip: Container[int] = (),
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """As `open`, but the pages begin behind page ``after``, and those in ``skip`` are left out."""
        document, _ = self.open(path, name, options, password)
        return document, _pages(document, path.read_bytes(), options, after, skip)


def _pages(
    document: Document, data: bytes, options: IngestOptions, after: int = 0, skip: Container[int] = ()
) -> Iterator[ParsedPage]:
    with opened(data, document.path, options.max_pixels) as picture:
        for index in range(after, document.page_count):
            if index + 1 in skip:
                continue
            page = _page(document, picture, index, data, options)
            yield page if (index + 1) % PAGES_A_RANGE else replace(page, resume="")


def _page(document: Document, picture: Image, index: int, data: bytes, options: IngestOptions) -> ParsedPage:
    name = document.path if document.page_count == 1 else f"{document.path}, frame {index + 1}"
    try:
        _seek(picture, index, name)
        check_size(picture, name, options.max_pixels)
        shown = upright(picture, name)
        asset = to_asset(shown, data, picture)
    except IngestError as error:
        return ParsedPage(Page(document.id, index + 1), (), error=str(error))
    builder = PageBuilder(Page(document.id, index + 1, float(shown.width), float(shown.height)))
    # OCR would make it no larger than this anyway; the rest of a very large picture is memory to spare.
    shown = shrunk(shown, MAX_SIDE)
    _add_elements(builder, shown, asset, options)
    frames = getattr(picture, "n_frames", 1)
    if document.media_type != TIFF and frames > 1 and picture.format != "MPO":
        builder.report(f"{name} is an animation of {frames} frames: only the first was read")
    return builder.parsed()


def _add_elements(builder: PageBuilder, shown: Image, asset: Asset, options: IngestOptions) -> None:
    from mmrag.ingest.prose import is_mostly_text, paragraphs, plain_text, rows_of
    from mmrag.vision.ocr import read_text

    lines = read_text(shown) if options.ocr != "never" else []
    read = {"ocr": True} if lines else {}
    words = plain_text(lines)
    builder.add_lines(rows_of(lines))
    if not is_mostly_text(lines):
        builder.add(Kind.FIGURE, words, _WHOLE, asset=asset, metadata=read)
        return
    builder.add(Kind.PAGE, words, _WHOLE, asset=asset, metadata=read)
    for paragraph in paragraphs(lines, shown.width / shown.height):
        builder.add(Kind.TEXT, paragraph.text, paragraph.bbox, metadata=read)


def _seek(picture: Image, index: int, name: str) -> None:
    try:
        picture.seek(index)
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DamagedError(f"{name} can't be read: {reason}") from error


def _frames(picture: Image, name: str) -> int:
    try:
        return int(getattr(picture, "n_frames", 1))
    except Exception as error:
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise DamagedError(f"{name}: its frames can't be counted: {reason}") from error


def _said(picture: Image) -> dict[str, str]:
    """Title, author and date, as far as the file says."""
    exif = picture.getexif()
    said = {key: exif.get(tag) or picture.info.get(key.capitalize()) for key, tag in _TAGS.items()}
    words = {key: normalise(value).strip(" \0\n") for key, value in said.items() if isinstance(value, str)}
    return {key: value for key, value in words.items() if value}
