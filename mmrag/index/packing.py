"""Small values of the truth as bytes: lines of a page, boxes of its vectors."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mmrag.types import BBox, Line

_MOST = 1 << 30  # bytes of a page's lines, which no parser may hand over
_NOWHERE = 65535
_UNIT = 65534


def pack_lines(lines: Sequence[Line]) -> bytes:
    """Lines as compressed JSON; empty for none. Boxes are kept to a ten-thousandth of the page."""
    if not lines:
        return b""
    rows = [
        [line.text, *(round(value, 4) for value in line.bbox.as_tuple())] if line.bbox else [line.text]
        for line in lines
    ]
    return zlib.compress(json.dumps(rows, ensure_ascii=True, separators=(",", ":")).encode("ascii"))


def unpack_lines(data: bytes) -> tuple[Line, ...]:
    """What `pack_lines` has packed.

    Raises:
        ValueError, TypeError, RecursionError, zlib.error: if it is something else.
    """
    if not data:
        return ()
    unpacking = zlib.decompressobj()
    text = unpacking.decompress(data, _MOST)
    if not unpacking.eof:
        raise ValueError("lines of a page that are cut off, or without end")
    return tuple(Line(text, BBox(*box) if box else None) for text, *box in json.loads(text))


def pack_boxes(boxes: NDArray[np.float32]) -> bytes:
    """``(n, 4)`` page fractions as uint16, little-endian; rows of NaN stand for no place."""
    steps = np.where(np.isnan(boxes), _NOWHERE, np.rint(np.clip(boxes, 0, 1) * _UNIT))
    return steps.astype("<u2").tobytes()


def unpack_boxes(data: bytes) -> NDArray[np.float32]:
    """``(n, 4)`` float32, as `pack_boxes` was given, to a 65534th of the page."""
    steps = np.frombuffer(data, "<u2").reshape(-1, 4)
    return np.where(steps == _NOWHERE, np.nan, steps / _UNIT).astype(np.float32)
