from __future__ import annotations

import numpy as np

from mmrag.retrieve.heat import heat

NOWHERE = (np.nan,) * 4
LEFT, RIGHT, ALL = (0, 0, 0.5, 1), (0.5, 0, 1, 1), (0, 0, 1, 1)


def cells(similarities: list[list[float]], boxes: list[tuple[float, ...]]) -> list[list[float]]:
    return heat(np.array(similarities, np.float32), np.array(boxes, np.float32), 1, 4).round(3).tolist()


def test_the_best_box_is_one_and_what_is_no_better_than_the_mean_is_nothing() -> None:
    assert cells([[0.9, 0.1]], [LEFT, RIGHT]) == [[1, 1, 0, 0]]


def test_each_vector_of_the_query_counts_the_same() -> None:
    # The second is less sure in its similarities, yet says as clearly that it means the right.
    assert cells([[0.9, 0.1], [0.20, 0.21]], [LEFT, RIGHT]) == [[1, 1, 1, 1]]


def test_of_boxes_over_one_another_the_best_counts() -> None:
    # Mean 0.5: left 1, all 0.25 of the way.
    assert cells([[0.9, 0.6, 0.0]], [LEFT, ALL, RIGHT]) == [[1, 1, 0.25, 0.25]]


def test_vectors_of_no_place_are_left_out() -> None:
    assert cells([[0.99, 0.2, 0.1]], [NOWHERE, LEFT, RIGHT]) == [[1, 1, 0, 0]]
    assert cells([[0.99]], [NOWHERE]) == [[0, 0, 0, 0]]


def test_a_tiny_box_is_still_seen() -> None:
    assert cells([[0.9, 0.1]], [(0.5, 0.5, 0.5, 0.5), ALL]) == [[0, 0, 1, 0]]
