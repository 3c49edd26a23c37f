from hypothesis import given
from hypothesis import strategies as st

from mmrag.encoders.windows import Window, windows
from mmrag.types import BBox, Line


def line(text: str, y: float, x: float = 0.1) -> Line:
    return Line(text, BBox(x, y, x + 0.25, y + 0.125))


A, B, C = line("a", 0), line("b", 0.25), line("c", 0.5)


def test_windows_overlap_and_their_boxes_hold_all_their_lines() -> None:
    assert windows([A, B, C], 2) == [
        Window("a b", BBox(0.1, 0, 0.35, 0.375)),
        Window("b c", BBox(0.1, 0.25, 0.35, 0.625)),
    ]
    assert [window.text for window in windows([A, B, C], 1)] == ["a", "b", "c"]
    assert [window.text for window in windows([A, B, C], 3)] == ["a b c"]


def test_few_lines_are_one_window_and_none_are_none() -> None:
    assert windows([A], 2) == [Window("a", A.bbox)]
    assert windows([A, B], 3) == [Window("a b", BBox(0.1, 0, 0.35, 0.375))]
    assert windows([], 2) == []


def test_the_next_column_and_a_line_beside_begin_anew() -> None:
    right = [line("d", 0, x=0.5), line("e", 0.25, x=0.5)]
    assert [window.text for window in windows([A, B, *right], 2)] == ["a b", "d e"]
    assert [window.text for window in windows([A, line("beside", 0, x=0.5), B], 2)] == ["a", "beside b"]


def test_lines_without_places_follow_each_other() -> None:
    assert windows([Line("a"), Line("b")], 2) == [Window("a b", None)]
    assert [window.text for window in windows([Line("a"), B, C], 2)] == ["a", "b c"]


def test_words_broken_at_the_line_end_are_rejoined() -> None:
    assert [window.text for window in windows([line("har-", 0), line("bour", 0.25)], 2)] == ["harbour"]
    assert [window.text for window in windows([line("坐标", 0), line("轴", 0.25)], 2)] == ["坐标轴"]


@given(st.lists(st.sampled_from("abcdef"), max_size=12), st.integers(1, 5))
def test_every_line_is_in_a_window(texts: list[str], size: int) -> None:
    found = windows([Line(text) for text in texts], size)
    assert len(found) == (max(1, len(texts) - size + 1) if texts else 0)
    assert all(len(window.text.split()) == min(size, len(texts)) for window in found)
    assert {word for window in found for word in window.text.split()} == set(texts)
