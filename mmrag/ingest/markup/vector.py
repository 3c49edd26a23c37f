"""SVG pictures, drawn by MuPDF, which opens nothing that an SVG refers to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mmrag.errors import DamagedError, TooLargeError
from mmrag.text.normalise import normalise
from mmrag.vision.sessions import limit_other_sessions

if TYPE_CHECKING:
    from PIL.Image import Image

_SVG = re.compile(rb"\s*(?:<\?xml.*?\?>|<!--.*?-->|<!DOCTYPE[^>]*>|\s)*<svg\b", re.DOTALL | re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"


def is_svg(data: bytes) -> bool:
    """Whether a file that begins with ``data`` is an SVG picture."""
    return bool(_SVG.match(data[:4096].removeprefix(_BOM)))


def draw(data: bytes, name: str, dpi: int, max_pixels: int) -> tuple[Image, str]:
    """The picture in RGB, and the words that it says.

    Args:
        data: the SVG file.
        name: what messages call it.
        dpi: dots per inch; an SVG without a size counts as a page.
        max_pixels: a larger picture is refused.

    Raises:
        DamagedError: if it can't be drawn.
        TooLargeError: if it would have more pixels than allowed.
    """
    limit_other_sessions()
    import pymupdf
    from PIL import Image as pillow  # noqa: N813

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        with pymupdf.open(stream=data, filetype="svg") as document:
            page = document[0]
            width, height = (side * dpi / 72 for side in (page.rect.width, page.rect.height))
            if width * height > max_pixels:
                raise TooLargeError(
                    f"{name} has {width:,.0f} × {height:,.0f} pixels at {dpi} dpi, over the limit of "
                    f"{max_pixels / 1e6:,.0f} million (ingest.max_pixels)"
                )
            pixmap = page.get_pixmap(dpi=dpi, alpha=False)
            words = normalise(page.get_text("text", sort=True)).strip()
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise DamagedError(f"{name} can't be drawn: {reason}") from error
    return pillow.frombytes("RGB", (pixmap.width, pixmap.height), pixmap.samples), words
