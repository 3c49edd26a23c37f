"""Pictures of pages with the evidence outlined, drawn from the original files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from mmrag.errors import UsageError
from mmrag.index.files import sha256_of
from mmrag.ingest.names import file_at
from mmrag.types import BBox, Document

OUTLINE = (213, 94, 0)
"""Vermilion of the colour-blind-safe palette of Okabe and Ito (2008)."""

MARKER = (240, 165, 100)
"""A light tint of it, for heat maps."""


def checked_file(root: Path, document: Document) -> Path:
    """The file of a document, which is as it was when it was indexed.

    Args:
        root: the indexed folder, or the one indexed file.
        document: which.

    Raises:
        UsageError: if the file is gone, has changed, or lies outside the folder.
    """
    path = file_at(root, document.path)
    if not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{path} is outside the indexed folder, and was not opened")
    if not path.is_file():
        raise UsageError(f"{path} is gone: its pages can't be drawn")
    if sha256_of(path) != document.id:
        raise UsageError(f"{path} has changed since it was indexed: run mmrag index {root} first")
    return path


def is_drawn(document: Document) -> bool:
    """Whether its pages can be drawn from its file, as those of PDFs and pictures; others are typeset."""
    kind = document.media_type
    return document.paged and (kind == "application/pdf" or kind.startswith("image/"))


def outlined(picture: Image.Image, boxes: Sequence[BBox]) -> Image.Image:
    """A copy of the picture with the boxes outlined."""
    copy = picture.convert("RGB")
    draw = ImageDraw.Draw(copy)
    width = max(2, round(max(copy.size) / 500))
    for box in boxes:
        x0, y0, x1, y1 = box.to_points(*copy.size)
        draw.rectangle((x0 - width, y0 - width, x1 + width, y1 + width), outline=OUTLINE, width=width)
    return copy


def heated(picture: Image.Image, heat: NDArray[np.float32]) -> Image.Image:
    """A copy of the picture with a map of cells, 0..1, laid over it: the hotter, the more of the colour."""
    alpha = Image.fromarray((heat * 255).astype(np.uint8))
    alpha = alpha.resize(picture.size, Image.Resampling.BILINEAR)
    plain = picture.convert("RGB")
    # Multiplied, as a marker pen does: what is printed stays as dark as it was.
    marked = ImageChops.multiply(plain, Image.new("RGB", plain.size, MARKER))
    return Image.composite(marked, plain, alpha)
