"""Token pooling: vectors of a page that say nearly the same become one.

Clavié, Chaffin & Adams 2024, "Reducing the footprint of multi-vector retrieval with minimal performance
impact via token pooling": Ward's hierarchical clustering of a page's vectors, cut at one cluster for every
``factor`` vectors, and the mean of each cluster. Nearest-neighbour chains (Murtagh 1983) build the tree.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mmrag.index.multivector.packed import Matrix, Rows


def pool_vectors(vectors: Matrix, boxes: Matrix, factor: int) -> tuple[Matrix, Matrix]:
    """Fewer vectors for a page.

    Args:
        vectors: ``(n, dim)`` float32, rows of unit length.
        boxes: ``(n, 4)`` float32 in page fractions; NaN for a vector of no place.
        factor: about so many vectors become one; 1 keeps all.

    Returns:
        ``(ceil(n / factor), dim)`` means of unit length, in the order of each cluster's first vector, and the
        smallest box around the places of each cluster.

    Raises:
        ValueError: if ``factor`` is below 1.
    """
    if factor < 1:
        raise ValueError(f"token pooling wants a factor of 1 or more, found {factor}")
    if factor == 1 or len(vectors) < 2:
        return vectors, boxes
    clusters = _clusters(vectors, -(-len(vectors) // factor))
    order = np.argsort(clusters, kind="stable")
    begins = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    sums = np.add.reduceat(vectors[order], begins, axis=0)
    lengths = np.linalg.norm(sums, axis=1, keepdims=True)
    # Vectors that cancel out have no mean direction: the first one stands for them.
    means = np.where(lengths > 1e-6, sums / np.maximum(lengths, 1e-6), vectors[order][begins])
    # fmin and fmax pass over NaN.
    near = np.fmin.reduceat(boxes[order, :2], begins, axis=0)
    far = np.fmax.reduceat(boxes[order, 2:], begins, axis=0)
    return means.astype(np.float32), np.concatenate([near, far], axis=1).astype(np.float32)


def _clusters(vectors: Matrix, count: int) -> Rows:
    """``(n,)`` int64: the cluster of each vector, numbered from 0 in the order of their first vectors."""
    parents = list(range(len(vectors)))

    def root(member: int) -> int:
        while parents[member] != member:
            member = parents[member]
        return member

    merges = sorted(_ward(vectors), key=lambda merge: merge[0])
    for _, left, right in merges[: len(vectors) - count]:
        low, high = sorted((root(left), root(right)))
        parents[high] = low
    roots = np.array([root(member) for member in range(len(vectors))])
    return np.unique(roots, return_inverse=True)[1].astype(np.int64)


def _ward(vectors: Matrix) -> list[tuple[float, int, int]]:
    """All merges of Ward's tree: its cost, and a vector of each side."""
    distances = np.maximum(2 - 2 * (vectors @ vectors.T), 0)
    np.fill_diagonal(distances, np.inf)
    sizes = np.ones(len(vectors), np.float32)
    merges: list[tuple[float, int, int]] = []
    chain: list[int] = []
    while len(merges) < len(vectors) - 1:
        if not chain:
            chain.append(int(np.flatnonzero(sizes)[0]))
        end = chain[-1]
        nearest = int(distances[end].argmin())
        before = chain[-2] if len(chain) > 1 else -1
        if before < 0 or distances[end, nearest] < distances[end, before]:
            chain.append(nearest)
            continue
        del chain[-2:]
        merges.append((float(distances[end, before]), end, before))
        _merge(distances, sizes, end, before)
    return merges


def _merge(distances: NDArray[np.float32], sizes: NDArray[np.float32], left: int, right: int) -> None:
    """Put ``right`` into ``left``, by the formula of Lance and Williams (1967) for Ward's criterion."""
    joint, others = sizes[left] + sizes[right], sizes
    row = (sizes[left] + others) * distances[left] + (sizes[right] + others) * distances[right]
    row = (row - others * distances[left, right]) / (joint + others)
    row[[left, right]] = np.inf
    distances[left], distances[:, left] = row, row
    distances[right], distances[:, right] = np.inf, np.inf
    sizes[left], sizes[right] = joint, 0
