"""Which colours a picture holds, in words that people use."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mmrag.vision.pixels import Pixels

NAMES = (
    "white", "grey", "black", "red", "orange", "yellow",
    "green", "turquoise", "blue", "purple", "pink", "brown",
)  # fmt: skip
NEUTRAL = frozenset({"white", "grey", "black"})
# Upper ends of the hues in degrees; red goes round the circle.
_HUES = ((14, "red"), (43, "orange"), (68, "yellow"), (162, "green"), (192, "turquoise"), (255, "blue"),
         (295, "purple"), (342, "pink"), (360, "red"))  # fmt: skip
_STEPS = 16  # levels of each channel that are told apart


def codes(pixels: Pixels) -> NDArray[np.int32]:
    """Each pixel's colour in 4096 steps, ``(height, width)``."""
    small = pixels.astype(np.int32) >> 4
    result: NDArray[np.int32] = (small[..., 0] << 8) | (small[..., 1] << 4) | small[..., 2]
    return result


def named(colour_codes: NDArray[np.int32]) -> dict[str, float]:
    """Share of each named colour among pixels given by `codes`, most frequent first."""
    if not colour_codes.size:
        return {}
    counts = np.bincount(_table()[colour_codes.ravel()], minlength=len(NAMES)) / colour_codes.size
    return {NAMES[number]: float(counts[number]) for number in np.argsort(-counts) if counts[number]}


def striking(shares: dict[str, float], at_least: float, most: int = 4) -> list[str]:
    """The colours, greys left out, that cover ``at_least`` their share, most frequent first."""
    return [name for name, share in shares.items() if name not in NEUTRAL and share >= at_least][:most]


def name(red: float, green: float, blue: float) -> str:
    """Everyday name of a colour given in 0..1."""
    hue, saturation, value = colorsys.rgb_to_hsv(red, green, blue)
    if value < 0.2:
        return "black"
    if saturation < 0.18 or (saturation < 0.3 and value < 0.35):
        return "white" if value > 0.92 else "grey" if value > 0.3 else "black"
    word = next(word for end, word in _HUES if hue * 360 <= end)
    return "brown" if word in ("orange", "red") and 15 < hue * 360 < 45 and value < 0.65 else word


@lru_cache(maxsize=1)
def _table() -> NDArray[np.int64]:
    levels: Sequence[float] = [(step + 0.5) / _STEPS for step in range(_STEPS)]
    return np.array(
        [NAMES.index(name(red, green, blue)) for red in levels for green in levels for blue in levels]
    )
