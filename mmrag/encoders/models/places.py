"""Where on the page each vector of a visual encoder looks, read off the tokens that it was made from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import groupby
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from mmrag.encoders.base import Matrix

_TILE = re.compile(r"<row_(\d+)_col_(\d+)>")


def places(
    ids: Sequence[int], picture_id: int, grid: tuple[int, int] | None, name_of: Callable[[int], str]
) -> Matrix:
    """``(len(ids), 4)`` float32: the box of each token in page fractions, NaN where it is of no place.

    A run of picture tokens is a grid of patches, row by row. Models that cut a page into tiles (Idefics 3,
    ColModernVBERT) name the tile in the token before its run, and show the page as a whole last.

    Args:
        ids: the tokens of one page, without padding.
        picture_id: the token that stands for a patch.
        grid: rows and columns of patches where the model tells; else a run is taken for a square.
        name_of: the text of a token.
    """
    boxes = np.full((len(ids), 4), np.nan, dtype=np.float32)
    runs = _runs(ids, picture_id)
    tiles = [_TILE.fullmatch(name_of(ids[start - 1])) if start else None for start, _ in runs]
    named = [(int(tile[1]), int(tile[2])) for tile in tiles if tile is not None]
    rows, columns = (max(row for row, _ in named), max(column for _, column in named)) if named else (1, 1)
    for (start, length), tile in zip(runs, tiles, strict=True):
        shape = grid if grid is not None and grid[0] * grid[1] == length else _square(length)
        if shape is None or (tile is None and len(runs) - len(named) > 1):
            continue
        cells: NDArray[np.floating] = _cells(*shape)
        if tile is not None:
            row, column = int(tile[1]), int(tile[2])
            corner = np.array([column - 1, row - 1, column - 1, row - 1])
            cells = (cells + corner) / np.array([columns, rows, columns, rows])
        boxes[start : start + length] = cells
    return boxes


def _runs(ids: Sequence[int], wanted: int) -> list[tuple[int, int]]:
    """Start and length of each run of ``wanted``."""
    found, at = [], 0
    for value, group in groupby(ids):
        length = len(list(group))
        if value == wanted:
            found.append((at, length))
        at += length
    return found


def _square(length: int) -> tuple[int, int] | None:
    side = isqrt(length)
    return (side, side) if side * side == length else None


def _cells(rows: int, columns: int) -> Matrix:
    """``(rows * columns, 4)``: the boxes of a grid over the unit square, row by row."""
    down, across = np.divmod(np.arange(rows * columns), columns)
    corners = np.stack([across, down, across + 1, down + 1], axis=1)
    return (corners / [columns, rows, columns, rows]).astype(np.float32)
