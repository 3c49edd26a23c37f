"""Parts of pages that may not be seen: an index that is measured hides the words it is asked with."""

from __future__ import annotations

from collections.abc import Iterable

from PIL import Image, ImageDraw

from mmrag.index.store import Store
from mmrag.types import BBox

_KEY = "blanked"


def blanked(picture: Image.Image, boxes: Iterable[BBox]) -> Image.Image:
    """A copy of the picture with these parts of it white."""
    copy = picture.copy()
    draw = ImageDraw.Draw(copy)
    for box in boxes:
        x0, y0, x1, y1 = box.to_points(*copy.size)
        draw.rectangle((int(x0) - 1, int(y0) - 1, round(x1) + 1, round(y1) + 1), fill="white")
    return copy


def keep_blanked(store: Store, document: str, boxes: dict[int, list[BBox]]) -> None:
    """Remember what is blank on the pages of a document (by its relative path), by page number."""
    store.set(
        f"{_KEY}/{document}", {number: [box.as_tuple() for box in some] for number, some in boxes.items()}
    )


def blanked_boxes(store: Store, document: str) -> dict[int, list[BBox]]:
    """What `keep_blanked` has remembered; nothing in an ordinary index."""
    kept = store.get(f"{_KEY}/{document}", {})
    return {int(number): [BBox(*box) for box in some] for number, some in kept.items()}
