"""Any picture as plain red, green and blue on white paper."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmrag.errors import ModelError

Pixels = NDArray[np.uint8]
_LONGEST_SIDE = 640


def upright(picture: Image.Image, longest_side: int = _LONGEST_SIDE) -> Image.Image:
    """The first frame in RGB, on white where it is transparent, no side longer than ``longest_side`` pixels.

    16-bit and floating-point greys are spread over the whole range. The given picture is left as it is.

    Raises:
        ModelError: if the picture's data can't be decoded.
    """
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ModelError(f"the picture can't be decoded: {error}") from error
    if picture.mode[0] in "IF":
        picture = _spread(picture)
    if picture.has_transparency_data:
        layers = picture.convert("RGBA")
        paper = Image.new("RGBA", layers.size, "white")
        picture = Image.alpha_composite(paper, layers)
    picture = picture.convert("RGB")
    scale = longest_side / max(picture.size)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.BOX)


def _spread(picture: Image.Image) -> Image.Image:
    values = np.nan_to_num(np.asarray(picture, dtype=np.float64))
    low, high = float(values.min()), float(values.max())
    return Image.fromarray(((values - low) * (255 / (high - low or 1))).astype(np.uint8))
