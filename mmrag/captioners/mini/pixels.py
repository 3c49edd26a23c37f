"""Any picture as plain red, green and blue on white paper, small enough to measure."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmrag.pictures import as_rgb

Pixels = NDArray[np.uint8]
_LONGEST_SIDE = 640


def upright(picture: Image.Image, longest_side: int = _LONGEST_SIDE) -> Image.Image:
    """The first frame in RGB as `as_rgb` gives it, no side longer than ``longest_side`` pixels.

    Raises:
        ModelError: if the picture's data can't be decoded.
    """
    picture = as_rgb(picture)
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)
