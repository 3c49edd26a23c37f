"""The few vectors that stand for a page."""

from __future__ import annotations

import numpy as np
import pytest

from mmrag.index.multivector.packed import pack
from mmrag.index.multivector.shortlist import depth, sample_queries, summarise

from .reference import unit


@pytest.mark.parametrize(
    ("count", "centres"), [(0, 0), (1, 1), (11, 1), (50, 4), (95, 7), (100, 8), (344, 24), (1030, 48)]
)
def test_so_many_vectors_stand_for_a_page(count: int, centres: int) -> None:
    page = unit(np.random.default_rng().normal(size=(count, 24)))
    made = summarise(pack(np.array([7]), [page], 24, "float32"))
    assert (made.pages.tolist(), made.counts.tolist()) == ([7], [centres])
    vectors = made.vectors(0)
    assert vectors.shape == (centres, 24)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=0.2)  # four bits a number


def test_what_is_seen_once_has_a_centre_beside_what_fills_the_page() -> None:
    rng = np.random.default_rng()
    things = np.eye(64, dtype=np.float32)[:20]
    shown = np.concatenate([np.repeat(np.arange(4), 249), np.arange(4, 20)])
    page = unit(things[rng.permutation(shown)] + 0.05 * unit(rng.normal(size=(len(shown), 64))))
    made = summarise(pack(np.arange(1), [page], 64, "float16"))
    nearest = (things @ unit(made.vectors(0)).T).max(axis=1)
    assert nearest.min() > 0.98


def test_centres_are_the_same_each_time() -> None:
    page = unit(np.random.default_rng().normal(size=(300, 16)))
    packed = pack(np.arange(1), [page], 16, "int8")
    assert (summarise(packed).codes == summarise(packed).codes).all()
    assert [query.tolist() for query in sample_queries(packed, np.arange(1))] == [
        query.tolist() for query in sample_queries(packed, np.arange(1))
    ]


def test_a_shortlist_is_deeper_than_what_is_asked_for() -> None:
    assert all(depth(k) >= 3 * k for k in (1, 10, 200))
