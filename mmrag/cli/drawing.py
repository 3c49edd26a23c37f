"""Page pictures with the evidence outlined, as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import UsageError

if TYPE_CHECKING:
    from mmrag.api import Index
    from mmrag.types import BBox, Document, Element

DPI = 144


def draw(
    index: Index,
    document: Document,
    page: int,
    to: Path,
    *,
    boxes: Sequence[BBox] = (),
    elements: Sequence[Element] = (),
    dpi: int = DPI,
    heat: str = "",
    password: str | None = None,
) -> str:
    """Write the picture of a page with ``boxes`` and ``elements`` outlined; returns where it is.

    ``heat`` is a question; where on the page it matched is coloured.

    Raises:
        UsageError: if no picture format has the ending of ``to``.
    """
    from PIL import Image

    if Image.registered_extensions().get(to.suffix.lower()) not in Image.SAVE:
        raise UsageError(f"{to} ends in no picture format that can be written; end it in .png or .jpg")
    picture = index.page_picture(
        document, page, dpi=dpi, boxes=boxes, elements=elements, heat=heat, password=password
    )
    (picture if to.suffix.lower() == ".png" else picture.convert("RGB")).save(to)
    return str(to)
