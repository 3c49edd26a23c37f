from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.retrieve.fusion import RankedList, best_of_pages, fuse


def ranked(name: str, weight: float, scores: dict[int, float]) -> RankedList:
    order = sorted(scores, key=lambda page: -scores[page])
    return RankedList(
        name, weight, np.array(order, np.int64), np.array([scores[page] for page in order], np.float64)
    )


def test_a_page_counts_with_its_best_item() -> None:
    pages, scores = best_of_pages(np.array([3, 7, 5, 3, 7]), np.array([0.9, 0.8, 0.8, 0.2, 0.1]), 10)
    assert pages.tolist() == [3, 7, 5]
    assert scores.tolist() == [0.9, 0.8, 0.8]


def test_a_second_item_supports_its_page() -> None:
    pages, scores = best_of_pages(
        np.array([3, 7, 5, 7, 7]), np.array([0.9, 0.8, 0.7, 0.6, 0.1]), 10, support=0.5
    )
    # Page 7: 0.8 + 0.6 / 2; pages 3 and 5 have one item each, which counts twice.
    assert pages.tolist() == [3, 7, 5]
    assert scores.tolist() == pytest.approx([1.35, 1.1, 1.05])


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(-1, 1)), max_size=40), st.floats(0, 2))
def test_page_scores_equal_a_plain_loop(items: list[tuple[int, float]], support: float) -> None:
    items.sort(key=lambda item: -item[1])
    found: dict[int, list[float]] = {}
    for page, score in items:
        found.setdefault(page, []).append(score)
    expected = {
        page: max(scores) + support * (sorted(scores)[-2] if len(scores) > 1 else scores[0])
        for page, scores in found.items()
    }
    pages, scores = best_of_pages(
        np.array([page for page, _ in items], np.int64), np.array([score for _, score in items]), 100, support
    )
    assert dict(zip(pages.tolist(), scores.tolist(), strict=True)) == pytest.approx(expected)
    assert scores.tolist() == sorted(scores.tolist(), reverse=True)


def test_no_more_pages_than_asked_for() -> None:
    pages, _ = best_of_pages(np.array([1, 2, 3]), np.array([3.0, 2.0, 1.0]), 2)
    assert pages.tolist() == [1, 2]


def test_zscores_are_added_with_their_weights() -> None:
    # Scores 3, 1 have mean 2 and deviation 1: z = +1, -1. Scores 10, 6, 2: mean 8/3... here ±sqrt(3/2), 0.
    first = ranked("a", 2.0, {1: 3.0, 2: 1.0})
    second = ranked("b", 1.0, {1: 2.0, 2: 6.0, 3: 10.0})
    pages, scores = fuse([first, second], "zscore")
    spread = (3 / 2) ** 0.5
    assert pages.tolist() == [1, 2, 3]
    # Page 3 is unknown to the first list and counts there as its last one.
    assert scores.tolist() == pytest.approx([2 - spread, -2.0, -2 + spread])


def test_a_list_of_equal_scores_tells_nothing() -> None:
    _, scores = fuse([ranked("a", 1.0, {1: 0.3, 2: 0.3, 9: 0.3})], "zscore")
    assert scores.tolist() == [0.0, 0.0, 0.0]


def test_reciprocal_ranks_are_added_with_their_weights() -> None:
    pages, scores = fuse([ranked("a", 1.0, {1: 9.0, 2: 8.0}), ranked("b", 0.5, {2: 1.0})], "rrf", rrf_k=60)
    assert pages.tolist() == [1, 2]
    assert scores.tolist() == pytest.approx([1 / 61, 1 / 62 + 0.5 / 61])


def test_no_lists_give_no_pages() -> None:
    pages, scores = fuse([], "zscore")
    assert len(pages) == len(scores) == 0


@given(
    st.dictionaries(st.integers(0, 50), st.floats(-1e3, 1e3), min_size=2, max_size=20),
    st.floats(0.01, 100),
    st.floats(-100, 100),
)
def test_scale_and_offset_of_a_list_do_not_matter(
    scores: dict[int, float], scale: float, offset: float
) -> None:
    other = ranked("b", 1.0, {page: float(page % 7) for page in scores})
    _, plain = fuse([ranked("a", 1.0, scores), other], "zscore")
    moved = {page: score * scale + offset for page, score in scores.items()}
    if np.std(list(scores.values())) > 1e-3 and np.std(list(moved.values())) > 1e-3:
        _, shifted = fuse([ranked("a", 1.0, moved), other], "zscore")
        np.testing.assert_allclose(plain, shifted, atol=1e-5)
