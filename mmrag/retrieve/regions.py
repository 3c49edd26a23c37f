"""Which vectors of a page stand in which of its elements: a page with many vectors, read by element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from mmrag.index.reader import Reader

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace

Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Region:
    """A page's vectors by its elements. A vector belongs to each element whose box its own centre lies in.

    Attributes:
        vectors: ``(counts.sum(), dim)`` float16, element by element.
        elements: ``(e,)`` rows of the elements that have any, in reading order.
        counts: ``(e,)`` how many each has.
    """

    vectors: NDArray[np.float16]
    elements: Rows
    counts: Rows


def read_regions(store: Reader, space: PageSpace, pages: Sequence[int]) -> dict[int, Region]:
    """The regions of these pages (by row); a page without vectors or boxes has an empty one."""
    around = store.boxes_of_pages(pages)
    none = np.empty(0, np.int64)
    empty = Region(np.empty((0, space.dim), np.float16), none, none)
    found = dict.fromkeys(pages, empty)
    for page, vectors, boxes in space.places(store, pages):
        found[page] = _region(vectors, boxes, around[page])
    return found


def _region(
    vectors: NDArray[np.float16], boxes: NDArray[np.float32], elements: Sequence[tuple[float, ...]]
) -> Region:
    rows = np.array(elements, np.float64).reshape(-1, 5, 1)
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    inside = (x >= rows[:, 1]) & (x <= rows[:, 3]) & (y >= rows[:, 2]) & (y <= rows[:, 4])
    counts = inside.sum(axis=1)
    filled = counts > 0
    return Region(vectors[inside.nonzero()[1]], rows[filled, 0, 0].astype(np.int64), counts[filled])
