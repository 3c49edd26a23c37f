"""Token pooling on vectors whose clusters are known, and its promises on any."""

from __future__ import annotations

import numpy as np
import pytest

from mmrag.index.multivector.pooling import pool_vectors

from .reference import unit


def boxes(count: int) -> np.ndarray:
    lefts = np.arange(count) / count
    return np.stack([lefts, lefts / 2, lefts + 1 / count, lefts / 2 + 0.1], axis=1).astype(np.float32)


def test_near_vectors_become_their_mean_and_boxes_are_united() -> None:
    a, b = np.array([1.0, 0, 0]), np.array([0, 1.0, 0])
    near = np.array([0.05, 0, 0.1])
    vectors = unit(np.array([a, b, a + near, b + near]))
    places = boxes(4)
    places[1] = np.nan
    pooled, united = pool_vectors(vectors, places, 2)
    np.testing.assert_allclose(pooled, unit(vectors[[0, 1]] + vectors[[2, 3]]), atol=1e-6)
    np.testing.assert_allclose(united[0], [0, 0, 0.75, 0.35], atol=1e-6)
    np.testing.assert_allclose(united[1], places[3], atol=1e-6)


@pytest.mark.parametrize("factor", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("count", [0, 1, 2, 9, 64])
def test_counts_and_lengths(count: int, factor: int) -> None:
    vectors = unit(np.random.default_rng().normal(size=(count, 16)))
    pooled, united = pool_vectors(vectors, boxes(max(count, 1))[:count], factor)
    assert len(pooled) == len(united) == -(-count // factor)
    np.testing.assert_allclose(np.linalg.norm(pooled, axis=1), 1, atol=1e-5)
    if count:
        assert united[:, 0].min() == 0
        np.testing.assert_allclose(united[:, 2].max(), 1, atol=1e-6)


def test_ward_merges_as_the_definition_says() -> None:
    """Against the plain algorithm: at each step the two clusters whose union costs the least."""
    vectors = unit(np.random.default_rng().normal(size=(24, 6))).astype(np.float64)
    clusters = [[at] for at in range(24)]
    while len(clusters) > 8:
        pairs = [(i, j) for i in range(len(clusters)) for j in range(i)]

        def cost(pair: tuple[int, int]) -> float:
            one, two = (vectors[clusters[at]] for at in pair)
            share = len(one) * len(two) / (len(one) + len(two))
            return float(share * ((one.mean(axis=0) - two.mean(axis=0)) ** 2).sum())

        i, j = min(pairs, key=cost)
        clusters[j] = sorted(clusters[j] + clusters.pop(i))
    expected = unit(np.array([vectors[members].sum(axis=0) for members in sorted(clusters)]))
    pooled, _ = pool_vectors(vectors.astype(np.float32), boxes(24), 3)
    np.testing.assert_allclose(pooled, expected, atol=1e-5)


def test_vectors_without_place_and_opposite_vectors() -> None:
    vectors = np.array([[1, 0], [-1, 0]], np.float32)
    pooled, united = pool_vectors(vectors, np.full((2, 4), np.nan, np.float32), 2)
    assert pooled.tolist() == [[1, 0]]
    assert np.isnan(united).all()


def test_a_factor_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="factor of 1 or more, found 0"):
        pool_vectors(np.eye(2, dtype=np.float32), boxes(2), 0)
