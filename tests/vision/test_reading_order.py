from hypothesis import given
from hypothesis import strategies as st

from mmrag.types import BBox
from mmrag.vision.reading_order import reading_order, rows


def line(x0: float, y: float, x1: float) -> BBox:
    return BBox(x0, y, x1, y + 0.015)


def test_two_columns_under_a_title_are_read_one_after_the_other() -> None:
    title = line(0.1, 0.05, 0.9)
    left = [line(0.1, y / 50, 0.48) for y in range(5, 15)]
    right = [line(0.52, y / 50, 0.9) for y in range(5, 15)]
    boxes = [box for pair in zip(left, right, strict=True) for box in pair] + [title]
    assert [boxes[i] for i in reading_order(boxes)] == [title, *left, *right]


def test_a_wide_figure_between_columns_divides_them() -> None:
    def block(x0: float, x1: float, first: int) -> list[BBox]:
        return [line(x0, y / 50, x1) for y in range(first, first + 6)]

    top = block(0.1, 0.48, 2) + block(0.52, 0.9, 2)
    caption = line(0.1, 0.4, 0.9)
    bottom = block(0.1, 0.48, 25) + block(0.52, 0.9, 25)
    boxes = sorted([*top, caption, *bottom], key=lambda box: (box.y0, box.x0))
    assert [boxes[i] for i in reading_order(boxes)] == [*top, caption, *bottom]


def test_a_table_is_read_row_by_row() -> None:
    cells = [BBox(x, y / 40, x + 0.05, y / 40 + 0.015) for y in range(10) for x in (0.1, 0.4, 0.7)]
    shuffled = cells[::-1]
    assert [shuffled[i] for i in reading_order(shuffled)] == cells


def test_three_columns() -> None:
    columns = [[line(x, y / 50, x + 0.26) for y in range(5, 20)] for x in (0.05, 0.36, 0.67)]
    boxes = sorted((box for column in columns for box in column), key=lambda box: (box.y0, box.x0))
    assert [boxes[i] for i in reading_order(boxes)] == [box for column in columns for box in column]


def test_a_row_holds_boxes_that_stand_slightly_askew() -> None:
    boxes = [BBox(0.5, 0.101, 0.6, 0.121), BBox(0.1, 0.1, 0.2, 0.12), BBox(0.1, 0.13, 0.2, 0.15)]
    assert rows(range(3), boxes) == [[1, 0], [2]]


fractions = st.floats(0, 1)


@given(st.lists(st.tuples(fractions, fractions, fractions, fractions), max_size=30))
def test_every_box_is_read_once(corners: list[tuple[float, float, float, float]]) -> None:
    boxes = [BBox.from_points(*box, 1, 1) for box in corners]
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))
