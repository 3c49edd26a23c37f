"""Pictures of pages, small enough that a whole report with them can be sent around."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

import mmrag
from mmrag.errors import MmragError
from mmrag.pictures import FORMATS, as_rgb
from mmrag.types import Document

PageKey = tuple[str, int]
"""File, relative to the corpus, and 1-based page."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large pages are embedded.

    Attributes:
        width: most pixels across; a page is at most 1.6 times as high.
        quality: of WebP, 0..100.
        expected: bytes that a page of text takes, about.
    """

    width: int
    quality: int
    expected: int


SIZES = (Size(1000, 50, 75_000), Size(800, 45, 48_000), Size(640, 40, 32_000), Size(520, 38, 23_000))
"""Largest first."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A page as an encoded WebP file, and its shape: width over height."""

    data: bytes
    shape: float

    @property
    def uri(self) -> str:
        """As a data URI."""
        return f"data:image/webp;base64,{base64.b64encode(self.data).decode()}"


PictureOf = Callable[[str, int, Size], Picture | None]
"""Gives the picture of a page of a file, or nothing where it can't be had."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """Pages with a picture, and how many stay without: for want of room, and because they can't be drawn."""

    pictures: Mapping[PageKey, Picture]
    no_room: int
    not_drawn: int


NO_PICTURES = Embedded({}, 0, 0)


def encoded(picture: Image.Image, size: Size) -> Picture:
    """A picture as it is embedded."""
    plain = as_rgb(picture)
    plain.thumbnail((size.width, int(1.6 * size.width)), Image.Resampling.LANCZOS, reducing_gap=2)
    file = io.BytesIO()
    plain.save(file, "WEBP", quality=size.quality, method=2)
    return Picture(file.getvalue(), plain.width / plain.height)


def embed(wanted: Iterable[PageKey], picture_of: PictureOf | None, budget: int) -> Embedded:
    """Take pictures until they fill ``budget`` bytes of HTML.

    Args:
        wanted: pages, the most wanted first; each counts once.
        picture_of: gives the pictures.
        budget: bytes.
    """
    pages = list(dict.fromkeys(wanted))
    if picture_of is None:
        return Embedded({}, 0, len(pages))
    size = next(
        (size for size in SIZES if size.expected * 4 / 3 * len(pages) <= budget),
        SIZES[-1],
    )
    found: dict[PageKey, Picture] = {}
    left, not_drawn = budget, 0
    for place, (file, page) in enumerate(pages):
        picture = picture_of(file, page, size)
        if picture is None:
            not_drawn += 1
            continue
        left -= len(picture.data) * 4 // 3 + 100
        if left < 0:
            return Embedded(found, len(pages) - place, not_drawn)
        found[file, page] = picture
    return Embedded(found, 0, not_drawn)


class IndexPages:
    """Draws pages from the original files of indexes; what was drawn once is kept.

    Args:
        indexes: of the same documents; the first one that can draw a page does.
        kept: folder for the encoded pages; made when needed.
    """

    def __init__(self, indexes: Iterable[Path], kept: Path) -> None:
        self._indexes = [mmrag.open(path) for path in dict.fromkeys(indexes)]
        self._documents: list[dict[str, Document]] = [
            {document.path: document for document in index.documents()} for index in self._indexes
        ]
        self._kept = kept

    def __enter__(self) -> IndexPages:
        return self

    def __exit__(self, *_: object) -> None:
        for index in self._indexes:
            index.close()

    @property
    def unpaged(self) -> frozenset[str]:
        """Files that have sections instead of pages."""
        return frozenset(
            file
            for documents in self._documents
            for file, document in documents.items()
            if not document.paged
        )

    def __call__(self, file: str, page: int, size: Size) -> Picture | None:
        """The picture of a page; ``None`` if no index can draw it, as where its file is gone or changed."""
        for index, documents in zip(self._indexes, self._documents, strict=True):
            if file in documents:
                picture = self._picture(index, documents[file], page, size)
                if picture is not None:
                    return picture
        return None

    def _picture(self, index: mmrag.Index, document: Document, page: int, size: Size) -> Picture | None:
        place = self._kept / f"{document.id[:32]}-{page}-{size.width}.webp"
        kept = _read(place)
        if kept is not None:
            return kept
        try:
            # A sheet of A4 is 8.27 inches across: at this density its picture is hardly scaled.
            drawn = index.page_picture(document, page, dpi=max(72, round(size.width / 8.27)))
        except MmragError:
            return None
        picture = encoded(drawn, size)
        self._kept.mkdir(parents=True, exist_ok=True)
        half = place.with_suffix(".half")
        half.write_bytes(picture.data)
        half.replace(place)
        return picture


def _read(place: Path) -> Picture | None:
    """What was kept, if it is there and whole."""
    try:
        data = place.read_bytes()
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            picture.load()
            return Picture(data, picture.width / picture.height)
    except (OSError, ValueError):  # Pillow raises these for all that it can't read
        return None
