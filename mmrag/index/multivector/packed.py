"""Ragged arrays of page vectors, packed one after another at one of four precisions.

A page's vectors are kept in whole blocks of a few rows, the last one filled up by repeating the page's
last vector: a maximum does not see repetitions, and whole blocks let one matrix product and one blockwise
maximum run over many pages. Rows a block: the most whose filling stays under 2 % of the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]

PRECISIONS = ("float32", "float16", "int8", "bit")
_BLOCKS = (16, 8, 4, 2, 1)
_MOST_FILLING = 0.02


@dataclass(frozen=True, slots=True)
class Packed:
    """The vectors of some pages.

    Attributes:
        precision: ``float32``, ``float16``, ``int8`` (symmetric, one scale a vector) or ``bit`` (signs).
        dim: numbers a vector.
        pages: ``(p,)`` int64, rows of the pages.
        counts: ``(p,)`` int64, vectors of each page; may be 0.
        codes: ``(blocks, rows, width)``: float32, float16, uint8 (the integer + 128) or uint8 (8 signs each).
        scales: ``(blocks, rows, 1)`` float16 for ``int8``; ``None`` for the others.
    """

    precision: str
    dim: int
    pages: Rows
    counts: Rows
    codes: Array
    scales: Array | None = None

    @property
    def block(self) -> int:
        """Rows a block."""
        return int(self.codes.shape[1])

    @property
    def starts(self) -> Rows:
        """``(p + 1,)`` int64: the block at which each page begins, and the end of the last."""
        return np.concatenate([[0], np.cumsum(-(-self.counts // self.block))]).astype(np.int64)

    def __len__(self) -> int:
        return len(self.pages)


def pack(pages: Rows, vectors: Sequence[Array], dim: int, precision: str) -> Packed:
    """Pages as one packed array.

    Args:
        pages: ``(p,)`` their rows.
        vectors: for each page ``(n, dim)`` of any float type; n may be 0.
        dim: numbers a vector.
        precision: one of `PRECISIONS`.
    """
    counts = np.array([len(rows) for rows in vectors], np.int64)
    block = rows_a_block(counts)
    starts = np.concatenate([[0], np.cumsum(-(-counts // block))]).astype(np.int64)
    codes, scales = empty_codes(int(starts[-1]), block, dim, precision)
    packed = Packed(precision, dim, np.asarray(pages, np.int64), counts, codes, scales)
    for page, rows in enumerate(vectors):
        if len(rows):
            filled = fill(rows, block)
            encode(filled, precision, packed, slice(int(starts[page]), int(starts[page + 1])))
    return packed


def rows_a_block(counts: Rows) -> int:
    """Rows a block for pages of so many vectors."""
    total = int(counts.sum())
    for block in _BLOCKS:
        if int((-counts % block).sum()) <= _MOST_FILLING * total:
            return block
    return 1


def empty_codes(blocks: int, rows: int, dim: int, precision: str) -> tuple[Array, Array | None]:
    """Room for the codes, and for the scales where there are any."""
    codes = np.empty((blocks, rows, code_width(dim, precision)), code_type(precision))
    scales = np.empty((blocks, rows, 1), np.float16) if precision == "int8" else None
    return codes, scales


def code_type(precision: str) -> Any:
    """numpy's type of the codes at this precision, little-endian."""
    return {"float32": "<f4", "float16": "<f2"}.get(precision, "u1")


def code_width(dim: int, precision: str) -> int:
    """Codes a vector."""
    return -(-dim // 8) if precision == "bit" else dim


def payload(vectors: int, dim: int, precision: str) -> int:
    """Bytes that so many bare vectors take at this precision."""
    return vectors * code_width(dim, precision) * int(np.dtype(code_type(precision)).itemsize)


def fill(rows: Array, block: int) -> Array:
    """``rows`` with the last one repeated to whole blocks."""
    missing = -len(rows) % block
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def encode(rows: Array, precision: str, into: Packed, blocks: slice) -> None:
    """Write whole blocks of float vectors into ``into`` at ``blocks``."""
    shape = (-1, into.block, rows.shape[1])
    if precision == "bit":
        into.codes[blocks] = np.packbits(rows > 0, axis=1).reshape(-1, into.block, into.codes.shape[2])
    elif into.scales is not None:
        exact = rows.astype(np.float32)
        scales = (np.abs(exact).max(axis=1, keepdims=True) / 127).astype(np.float16)
        divisors = np.maximum(scales.astype(np.float32), np.finfo(np.float16).tiny)
        whole = np.clip(np.rint(exact / divisors), -127, 127)
        into.codes[blocks] = (whole + 128).astype(np.uint8).reshape(shape)
        into.scales[blocks] = scales.reshape(-1, into.block, 1)
    else:
        into.codes[blocks] = rows.reshape(shape)
