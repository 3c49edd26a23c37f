"""Where on a page a query matched, from the similarities of late interaction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float32]


def heat(similarities: Matrix, boxes: Matrix, height: int, width: int) -> Matrix:
    """The page as a map of ``(height, width)`` cells, 0 (no better than the page's mean) to 1 (its best).

    Each vector of the query counts the same: its similarities are measured from their mean over the page to
    their maximum. A cell has the value of the best box over it; vectors of no place are left out.

    Args:
        similarities: ``(m, n)`` inner products of the query's vectors with the page's.
        boxes: ``(n, 4)`` page fractions, NaN for a vector of no place.
        height, width: in cells.
    """
    cells = np.zeros((height, width), np.float32)
    placed = ~np.isnan(boxes).any(axis=1)
    if not placed.any():
        return cells
    near, where = similarities[:, placed], boxes[placed]
    mean = near.mean(axis=1, keepdims=True)
    spread = near.max(axis=1, keepdims=True) - mean
    values = np.clip((near - mean) / np.maximum(spread, 1e-6), 0, 1).mean(axis=0)
    corners = np.rint(where * (width, height, width, height)).astype(int)
    # The best boxes are painted last, so that they stay.
    for at in np.argsort(values, kind="stable"):
        x0, y0, x1, y1 = corners[at]
        cells[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)] = values[at]
    highest = cells.max()
    return cells / highest if highest > 0 else cells
