"""Pictures of every kind that documents hold, each with what `as_rgb` has to make of it."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image


def _noise(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)


def _animated() -> Image.Image:
    buffer = io.BytesIO()
    frames = [Image.fromarray(_noise((20, 30, 3), seed)).quantize(32) for seed in range(3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return Image.open(buffer)


def pictures() -> dict[str, Image.Image]:
    """Drawn anew at each call, since some are open files."""
    rgb = Image.fromarray(_noise((24, 40, 3)))
    grey16 = Image.fromarray((np.arange(20 * 30, dtype=np.uint16) * 100).reshape(20, 30))
    return {
        "RGB": rgb,
        "portrait": Image.fromarray(_noise((90, 61, 3), 1)),
        "one pixel": Image.new("RGB", (1, 1), (200, 10, 30)),
        "one row": Image.fromarray(_noise((1, 60, 3))),
        "RGBA": Image.fromarray(_noise((24, 40, 4))),
        "LA": Image.fromarray(_noise((24, 40, 2)), "LA"),
        "L": rgb.convert("L"),
        "1": rgb.convert("1"),
        "P": rgb.convert("P"),
        "CMYK": rgb.convert("CMYK"),
        "YCbCr": rgb.convert("YCbCr"),
        "16 bits": grey16,
        "float": Image.fromarray(np.linspace(-1, 1, 600, dtype=np.float32).reshape(20, 30)),
        "animated": _animated(),
        "tall": Image.fromarray(_noise((300, 7, 3))),
    }
