"""Ragged arrays of page vectors, packed one after another at one of four precisions.

A page's vectors are kept in whole blocks of some rows, the last one filled up by repeating the page's last
vector: a maximum does not see repetitions, and whole blocks let one matrix product and one blockwise maximum
run over many pages. Long blocks leave fewer maxima, short ones less filling: rows a block are those that cost
least among the ones whose filling stays under 0.8 % of the vectors.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Matrix = NDArray[np.float32]
Rows = NDArray[np.int64]

Parts = list[tuple["Packed", Rows]]
"""Packed arrays of one precision and dimension, each with the positions to take of it; no page twice."""

PRECISIONS = ("float32", "float16", "int8", "bit")
LONGEST = 128
"""Rows a block at most."""

_MAXIMUM = 2  # what a block's maximum costs, in rows
_MOST_FILLING = 0.008
_IN_MEMORY = 1 << 29


@dataclass(frozen=True, slots=True)
class Packed:
    """The vectors of some pages.

    Attributes:
        precision: ``float32``, ``float16``, ``int8`` (symmetric, one scale a page) or ``bit`` (signs).
        dim: numbers a vector.
        pages: ``(p,)`` int64, rows of the pages.
        counts: ``(p,)`` int64, vectors of each page; may be 0.
        codes: ``(blocks, rows, width)``: float32, float16, uint8 (the integer + 128) or uint8 (8 signs each).
        scales: ``(p,)`` float32 for ``int8``, what a step is worth on each page; ``None`` for the others.
        starts: ``(p + 1,)`` int64: the block at which each page begins, and the end of the last.
    """

    precision: str
    dim: int
    pages: Rows
    counts: Rows
    codes: Array
    scales: Array | None = None
    starts: Rows = field(init=False)

    def __post_init__(self) -> None:
        ends = np.cumsum(-(-self.counts // self.block))
        object.__setattr__(self, "starts", np.concatenate([[0], ends]).astype(np.int64))

    @property
    def block(self) -> int:
        """Rows a block."""
        return int(self.codes.shape[1])

    def __len__(self) -> int:
        return len(self.pages)

    def rows(self, position: int) -> Array:
        """``(n, width)``: the codes of the page at ``position``, without the filling."""
        blocks = self.codes[int(self.starts[position]) : int(self.starts[position + 1])]
        return blocks.reshape(-1, self.codes.shape[2])[: int(self.counts[position])]

    def vectors(self, position: int) -> Matrix:
        """``(n, dim)`` float32: the page at ``position``, as far as its codes tell."""
        codes = self.rows(position)
        if self.precision == "bit":
            signs = np.unpackbits(codes, axis=1, count=self.dim).astype(np.float32) * 2 - 1
            return signs / np.float32(np.sqrt(self.dim))
        if self.scales is not None:
            scaled: Matrix = (codes.astype(np.float32) - 128) * self.scales[position]
            return scaled
        return codes.astype(np.float32)


def pack(pages: Rows, vectors: Sequence[Array], dim: int, precision: str) -> Packed:
    """Pages as one packed array.

    Args:
        pages: ``(p,)`` their rows.
        vectors: for each page ``(n, dim)`` of any float type; n may be 0.
        dim: numbers a vector.
        precision: one of `PRECISIONS`.
    """
    counts = np.array([len(rows) for rows in vectors], np.int64)
    return pack_stream(pages, counts, vectors, dim, precision)


def pack_stream(
    pages: Rows,
    counts: Rows,
    vectors: Iterable[Array],
    dim: int,
    precision: str,
    folder: Path | None = None,
    steps: int = 127,
) -> Packed:
    """As `pack`, for vectors that come one page after another and whose counts are known.

    Args:
        steps: from 0 to the largest number of a page at ``int8``; 7 leaves the lower half of each code empty,
            so that `halved` loses nothing.
        folder: where an array too large for memory may lie, in a file without a name; in memory if not given.
    """
    block = rows_a_block(counts)
    blocks = int((-(-counts // block)).sum())
    codes = _room((blocks, block, code_width(dim, precision)), code_type(precision), folder)
    scales = np.zeros(len(counts), np.float32) if precision == "int8" else None
    packed = Packed(precision, dim, np.asarray(pages, np.int64), counts, codes, scales)
    for page, rows in enumerate(vectors):
        if len(rows):
            _encode(fill(rows, block), packed, page, steps)
    return packed


class Joined:
    """Chosen pages of several packed arrays of one precision and dimension, in the order of their rows.

    Attributes:
        precision, dim, pages, counts, scales: as in `Packed`.
        block, blocks: rows a block, and how many blocks there are.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = [part for part, _ in parts]
        self.precision, self.dim = self._parts[0].precision, self._parts[0].dim
        pages = np.concatenate([part.pages[at] for part, at in parts])
        order = np.argsort(pages)
        owner = np.repeat(np.arange(len(parts)), [len(at) for _, at in parts])[order]
        position = np.concatenate([at for _, at in parts])[order]
        self._plan = list(zip(owner.tolist(), position.tolist(), strict=True))
        self.pages = pages[order]
        self.counts = np.concatenate([part.counts[at] for part, at in parts])[order]
        self.block = rows_a_block(self.counts)
        self.blocks = int((-(-self.counts // self.block)).sum())
        scales = [part.scales[at] for part, at in parts if part.scales is not None]
        self.scales = np.concatenate(scales)[order] if scales else None

    def codes(self) -> Iterator[Array]:
        """The codes, page by page in whole blocks; nothing for an empty page."""
        for owner, position in self._plan:
            rows = self._parts[owner].rows(position)
            if len(rows):
                yield fill(rows, self.block)

    def packed(self) -> Packed:
        """All in one array in memory."""
        width, kind = code_width(self.dim, self.precision), self._parts[0].codes.dtype
        codes = np.concatenate([np.empty((0, width), kind), *self.codes()])
        shaped = codes.reshape(-1, self.block, width)
        return Packed(self.precision, self.dim, self.pages, self.counts, shaped, self.scales)


def _room(shape: tuple[int, ...], kind: str, folder: Path | None) -> Array:
    size = int(np.prod(shape, dtype=np.int64)) * int(np.dtype(kind).itemsize)
    if folder is None or size < _IN_MEMORY or not os.access(folder, os.W_OK):
        return np.empty(shape, kind)
    with tempfile.TemporaryFile(dir=folder) as file:
        return np.memmap(file, kind, "w+", shape=shape).view(np.ndarray)


def rows_a_block(counts: Rows) -> int:
    """Rows a block for pages of so many vectors."""
    sizes, pages = np.unique(counts, return_counts=True)
    total = int(counts.sum())
    best, least = 1, np.inf
    for block in range(1, LONGEST + 1):
        blocks = int((-(-sizes // block) * pages).sum())
        cost = blocks * (block + _MAXIMUM)
        if blocks * block - total <= _MOST_FILLING * total and cost < least:
            best, least = block, cost
    return best


def code_type(precision: str) -> str:
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


def halved(codes: Array) -> Array:
    """``(…, dim)`` uint8 codes of 7 steps as ``(…, ceil(dim / 2))``: two to a byte."""
    half = -(-codes.shape[-1] // 2)
    packed = codes[..., :half] & 0xF0
    packed[..., : codes.shape[-1] - half] |= codes[..., half:] >> 4
    return packed


def unhalved(packed: Array, dim: int) -> Array:
    """What `halved` was given."""
    codes = np.empty((*packed.shape[:-1], dim), np.uint8)
    codes[..., : packed.shape[-1]] = packed & 0xF0
    codes[..., packed.shape[-1] :] = packed[..., : dim - packed.shape[-1]] << 4
    return codes


def _encode(rows: Array, into: Packed, page: int, steps: int) -> None:
    blocks = into.codes[int(into.starts[page]) : int(into.starts[page + 1])]
    if into.precision == "bit":
        blocks[:] = np.packbits(rows > 0, axis=1).reshape(blocks.shape)
    elif into.scales is not None:
        exact, one = rows.astype(np.float32), 128 // (steps + 1)
        scale = max(float(np.abs(exact).max()) / steps, float(np.finfo(np.float32).tiny))
        blocks[:] = (np.rint(exact / np.float32(scale)) * one + 128).reshape(blocks.shape)
        into.scales[page] = scale / one
    else:
        blocks[:] = rows.reshape(blocks.shape)
