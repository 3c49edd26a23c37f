import numpy as np

from mmrag.encoders.models.places import places

NAMES = {
    1: "a",
    2: "<global-img>",
    11: "<row_1_col_1>",
    12: "<row_1_col_2>",
    21: "<row_2_col_1>",
    22: "<row_2_col_2>",
}
PATCH = 9


def name_of(token: int) -> str:
    return NAMES.get(token, "<image>")


def test_text_is_of_no_place() -> None:
    assert places([], PATCH, None, name_of).shape == (0, 4)
    assert np.isnan(places([1, 1], PATCH, None, name_of)).all()


def test_a_run_is_a_square_unless_a_grid_is_told() -> None:
    square = places([PATCH] * 4 + [1], PATCH, None, name_of)
    np.testing.assert_array_equal(
        square[:4], [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1]]
    )
    assert np.isnan(square[4]).all()
    row = places([1] + [PATCH] * 4, PATCH, (1, 4), name_of)
    np.testing.assert_array_equal(row[1:, 0], [0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(row[1:, [1, 3]], [[0, 1]] * 4)


def test_a_run_that_fits_no_grid_is_of_no_place() -> None:
    assert np.isnan(places([PATCH] * 5, PATCH, None, name_of)).all()
    assert np.isnan(places([PATCH] * 5, PATCH, (2, 3), name_of)).all()


def test_tiles_lie_where_their_names_say() -> None:
    ids = [1, 11, PATCH, 12, PATCH, 1, 21, PATCH, 22, PATCH, 1, 2, PATCH]
    boxes = places(ids, PATCH, None, name_of)
    at = [row for row, token in enumerate(ids) if token == PATCH]
    np.testing.assert_array_equal(
        boxes[at],
        [[0, 0, 0.5, 0.5], [0.5, 0, 1, 0.5], [0, 0.5, 0.5, 1], [0.5, 0.5, 1, 1], [0, 0, 1, 1]],
    )


def test_several_runs_without_names_are_of_no_place() -> None:
    assert np.isnan(places([PATCH, 1, PATCH], PATCH, None, name_of)).all()
