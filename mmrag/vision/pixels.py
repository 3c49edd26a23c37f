"""Pictures as plain red, green and blue, no larger than it takes to tell what they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmrag.pictures import as_rgb

Pixels = NDArray[np.uint8]
_LONGEST_SIDE = 640


def upright(picture: Image.Image, longest_side: int = _LONGEST_SIDE) -> Image.Image:
    """`as_rgb`, no side longer than ``longest_side`` pixels. The given picture is left as it is.

    Raises:
        ModelError: if the picture's data can't be decoded.
    """
    picture = as_rgb(picture)
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)
