"""What can be measured in a picture's pixels that tells a photo from a chart from a diagram."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mmrag.vision import colours
from mmrag.vision.pixels import Pixels

Mask = NDArray[np.bool_]
_INK = 48  # difference from the background, in any channel, that makes a pixel part of the drawing
_LIGHT = 230
_GENTLE = (3, 32)  # difference between neighbours within a textured surface
_LONG = 0.4  # of a side: an axis, a frame, a rule
_SOLID = 7  # pixels in both directions: an area, not a stroke


@dataclass(frozen=True, slots=True)
class Measures:
    """Shares are of the whole picture unless said otherwise, 0..1.

    Attributes:
        background: share of the most frequent colour.
        light: whether that colour is near white.
        border: share of light pixels along the border of what is not white margin.
        texture: share of neighbouring pixels that differ a little, as on surfaces in photos.
        ink: share that differs from the background.
        level, upright: longest straight horizontal and vertical stroke, as share of the side.
        solid: share of the ink, axes left out, that lies in areas, not strokes.
        steps: among columns with areas, share whose area begins as high as the next column's.
        reach: share of the columns between the leftmost and rightmost ink that hold ink besides axes.
        dotted: share of the ink besides axes and areas that lies in small blots.
        colours: shares of the named colours, most frequent first: of the ink on light paper, else of all.
    """

    background: float
    light: bool
    border: float
    texture: float
    ink: float
    level: float
    upright: float
    solid: float
    steps: float
    reach: float
    dotted: float
    colours: dict[str, float]


def measure(pixels: Pixels) -> Measures:
    """Measures of ``pixels``, ``(height, width, 3)``, without the white margin around them."""
    pixels = _trimmed(pixels)
    codes = colours.codes(pixels)
    counts = np.bincount(codes.ravel(), minlength=4096)
    paper = pixels[codes == counts.argmax()].astype(np.int16).mean(axis=0)
    ink = (np.abs(pixels - paper) > _INK).any(axis=2)
    along, across = run_lengths(ink), run_lengths(ink.T).T
    height, width = ink.shape
    axes = ((along >= _LONG * width) & (across <= _SOLID)) | ((across >= _LONG * height) & (along <= _SOLID))
    drawn = ink & ~axes
    areas = drawn & (along >= _SOLID) & (across >= _SOLID)
    strokes = drawn & ~areas
    return Measures(
        background=float(counts.max() / codes.size),
        light=bool(paper.min() > _LIGHT),
        border=float((_border(pixels) > _LIGHT).all(axis=1).mean()),
        texture=_texture(pixels),
        ink=float(ink.mean()),
        level=float(along.max(initial=0) / width),
        upright=float(across.max(initial=0) / height),
        solid=_share(areas, drawn),
        steps=_steps(areas),
        reach=_reach(strokes),
        dotted=_share(strokes & (along <= 2 * _SOLID) & (across <= 2 * _SOLID), strokes),
        colours=colours.named(codes[ink] if paper.min() > _LIGHT else codes),
    )


def _trimmed(pixels: Pixels) -> Pixels:
    inked: Mask = np.any(pixels < _LIGHT, axis=2)
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    if not rows.size:
        return pixels
    return pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def run_lengths(mask: Mask) -> NDArray[np.int64]:
    """For each set pixel the length of the horizontal run it is in, 0 elsewhere; ``mask``'s shape."""
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded.ravel())
    starts, ends = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    lengths = np.zeros(mask.size, dtype=np.int64)
    lengths[mask.ravel()] = np.repeat(ends - starts, ends - starts)
    return lengths.reshape(mask.shape)


def _share(part: Mask, whole: Mask) -> float:
    total = int(whole.sum())
    return float(part.sum() / total) if total else 0.0


def _border(pixels: Pixels) -> Pixels:
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _texture(pixels: Pixels) -> float:
    grey = pixels.astype(np.int16).sum(axis=2) // 3
    least, most = _GENTLE
    shares = []
    for axis in (0, 1):
        difference = np.abs(np.diff(grey, axis=axis))
        if difference.size:
            shares.append(float(((difference >= least) & (difference <= most)).mean()))
    return sum(shares) / len(shares) if shares else 0.0


def _steps(areas: Mask) -> float:
    filled: Mask = np.any(areas, axis=0)
    both = filled[1:] & filled[:-1]
    if not both.any():
        return 0.0
    top = areas.argmax(axis=0)
    return float((np.abs(np.diff(top))[both] <= 1).mean())


def _reach(strokes: Mask) -> float:
    columns: Mask = np.any(strokes, axis=0)
    held = np.flatnonzero(columns)
    return float(columns[held[0] : held[-1] + 1].mean()) if held.size else 0.0
