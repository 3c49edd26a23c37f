"""Pages and parts of pages to pictures."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag.errors import TooLargeError
from mmrag.ingest.pdf.values import Box
from mmrag.types import Asset

if TYPE_CHECKING:
    from PIL.Image import Image

_SMOOTH = 8
_MAX_SIDE = 4000
_PHOTO_COLOURS = 4096


def render_page(
    path: Path, page_number: int, dpi: int = 144, password: str | None = None, max_pixels: int = 100_000_000
) -> Image:
    """Picture of one page as it is shown.

    Args:
        path: of the PDF.
        page_number: 1-based.
        dpi: dots per inch.
        password: of an encrypted file.
        max_pixels: a page that would be larger is refused.

    Raises:
        IngestError: if the file can't be opened, has no such page, or the picture would be too large.
    """
    from mmrag.ingest.pdf.opening import open_pdf

    with open_pdf(path, password) as document:
        if not 1 <= page_number <= document.page_count:
            raise TooLargeError(
                f"{path.name} has {document.page_count} pages, page {page_number} was asked for"
            )
        page = document[page_number - 1]
        pixels = page.rect.width * page.rect.height * (dpi / 72) ** 2
        if pixels > max_pixels:
            raise TooLargeError(
                f"page {page_number} of {path.name} has {pixels / 1e6:.0f} million pixels at {dpi} dpi, "
                f"over the limit of {max_pixels / 1e6:.0f}: choose a lower dpi"
            )
        return _picture(page, None, dpi / 72)


def render_clip(page: Any, box: Box | None, dpi: int) -> Image:
    """Picture of a part of an open page, or of all of it.

    Args:
        page: of PyMuPDF, not rotated; or what is painted on it, as a display list.
        box: in points; ``None`` for the whole page.
        dpi: dots per inch, lowered so that no side is over 4,000 pixels.
    """
    import pymupdf

    rect = page.rect if box is None else pymupdf.Rect(box)
    longest = max(rect.width, rect.height, 1.0)
    return _picture(page, None if box is None else rect, min(dpi / 72, _MAX_SIDE / longest))


def _picture(page: Any, clip: Any, zoom: float) -> Image:
    import pymupdf
    from PIL import Image as pillow  # noqa: N813

    # The layout model switches smoothing off for the whole process.
    pymupdf.TOOLS.set_aa_level(_SMOOTH)
    pixmap = page.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), clip=clip, alpha=False)
    return pillow.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples)


def encode(image: Image) -> Asset:
    """The picture as PNG, or as JPEG where it has the colours of a photo."""
    buffer = io.BytesIO()
    plain = _with_few_colours(image)
    if plain is None and _is_photo(image):
        image.save(buffer, "JPEG", quality=88)
        media_type = "image/jpeg"
    else:
        (plain or image).save(buffer, "PNG", compress_level=6)
        media_type = "image/png"
    data = buffer.getvalue()
    return Asset(hashlib.sha256(data).hexdigest(), media_type, image.width, image.height, data)


def _is_photo(image: Image) -> bool:
    small = image.resize((min(256, image.width), min(256, image.height)), 0)
    return small.getcolors(_PHOTO_COLOURS) is None


def _with_few_colours(image: Image) -> Image | None:
    """The same pixels in grey or with a palette; ``None`` where that would lose some."""
    from PIL import Image as pillow  # noqa: N813

    colours: list[tuple[int, Any]] | None = image.getcolors(256)
    if colours is None:
        return None
    if all(colour[0] == colour[1] == colour[2] for _, colour in colours):
        return image.convert("L")
    return image.quantize(256, dither=pillow.Dither.NONE)
