"""Axes, labels and markup of the report's plots."""

from __future__ import annotations

import math
from itertools import combinations

import pytest
from bs4 import BeautifulSoup
from hypothesis import given
from hypothesis import strategies as st

from mmrag.benchmark.counting import counted
from mmrag.benchmark.report.axes import Axis, cost_axis, difference_axis, quality_axis, round_values
from mmrag.benchmark.report.figures import plain, range_of, seconds, signed, size, tick
from mmrag.benchmark.report.labels import Box, placed
from mmrag.benchmark.report.marks import COLOURS, SHAPES, symbols
from mmrag.benchmark.report.markup import Html, escape, join, number, tag
from mmrag.benchmark.report.plots import Point, quality_against, undominated
from mmrag.benchmark.tables import p_value

SHARE = st.floats(0, 1)
COST = st.floats(1e-4, 1e6)


@given(st.lists(SHARE, min_size=1))
def test_a_quality_axis_holds_all_values_within_0_and_1(values: list[float]) -> None:
    axis = quality_axis(values, 300, 20)
    assert 0 <= axis.low < axis.high <= 1.0000001
    assert all(20 - 1e-6 <= axis.at(value) <= 300 + 1e-6 for value in values)
    assert axis.at(axis.low) == pytest.approx(300)
    assert axis.at(axis.high) == pytest.approx(20)


@given(st.lists(COST, min_size=1))
def test_a_cost_axis_holds_all_values_in_their_order(values: list[float]) -> None:
    axis = cost_axis(values, 0, 400)
    places = [axis.at(value) for value in sorted(values)]
    assert places == sorted(places)
    assert places[0] >= 0
    assert places[-1] < 400
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 7
    assert all(-1e-6 <= axis.at(one) <= 400 + 1e-6 for one in ticks)


def test_costs_that_lie_far_apart_are_shown_in_powers_of_ten() -> None:
    near, far = cost_axis([1, 19], 0, 100), cost_axis([0.01, 1.0], 0, 100)
    assert not near.log
    assert near.low == 0
    assert far.log
    assert far.at(0.1) == pytest.approx(50)
    assert far.ticks() == [0.01, 0.03, 0.1, 0.3, 1.0]


def test_costs_of_nothing_have_an_axis() -> None:
    assert cost_axis([0, 0], 0, 100).at(0) == 0


@given(st.lists(st.floats(-1, 1), min_size=1))
def test_an_axis_of_differences_has_zero_in_its_middle(values: list[float]) -> None:
    axis = difference_axis(values, 0, 150)
    assert axis.at(0) == pytest.approx(75)
    assert all(0 <= axis.at(value) <= 150 for value in values)


def test_an_axis_of_what_is_not_known_is_still_an_axis() -> None:
    assert difference_axis([math.nan], 0, 150).at(0) == 75
    assert quality_axis([math.nan, math.nan], 0, 150).ticks()[0] == 0


@pytest.mark.parametrize(
    ("low", "high", "wanted"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0.55, 0.8, [0.55, 0.6, 0.65, 0.7, 0.75, 0.8]),
        (-0.2, 0.2, [-0.2, -0.1, 0, 0.1, 0.2]),
        (0, 1150, [0, 250, 500, 750, 1000]),
    ],
)
def test_ticks_are_round(low: float, high: float, wanted: list[float]) -> None:
    assert round_values(low, high, 5) == pytest.approx(wanted)


@given(st.lists(st.tuples(SHARE, SHARE, st.integers(1, 14)), min_size=1, max_size=6))
def test_names_stay_in_the_plot_and_off_one_another(points: list[tuple[float, float, int]]) -> None:
    frame = Box(46, 12, 418, 252)
    signs = [Box.around(60 + 340 * x, 30 + 200 * y, 7, 7) for x, y, _ in points]
    widths = [7.8 * letters for *_, letters in points]
    spots = placed(signs, widths, [], frame)
    boxes = [Box(s.x, s.y - 10.5, s.x + w, s.y + 3.5) for s, w in zip(spots, widths, strict=True)]
    assert all(box.shared(frame) == pytest.approx(box.area, rel=0.02) for box in boxes)
    assert all(one.shared(two) < 1 for one, two in combinations(boxes, 2))


def test_a_name_stands_to_the_right_of_its_point_where_there_is_room() -> None:
    (spot,) = placed([Box.around(100, 100, 7, 7)], [40], [], Box(0, 0, 400, 300))
    assert (spot.x, spot.y, spot.leader) == (111, 103.5, {})


def point(name: str, cost: float, quality: float, place: int = 0) -> Point:
    return Point(place, name, cost, quality, quality - 0.05, quality + 0.05)


def test_undominated_are_those_that_nothing_beats_in_both() -> None:
    cheap, good, dear, worse = point("a", 1, 0.5), point("b", 3, 0.8), point("c", 9, 0.8), point("d", 2, 0.4)
    assert undominated([worse, dear, good, cheap]) == [cheap, good]


def test_a_plot_says_its_points_and_their_intervals() -> None:
    points = [point("joint", 10, 0.5), point("visual", 20, 0.7, 1)]
    plot = BeautifulSoup(quality_against(points, "nDCG@5", "in words", "seconds"), "html.parser")
    assert plot.title is not None
    assert plot.title.get_text() == "in words"
    assert [label.get_text() for label in plot.select(".label")] == ["joint", "visual"]
    first, second = plot.select(".whisker")
    # 10 and 20 of 0 to 23 on 46 to 406 pixels; quality .4 to .8 on 254 to 12.
    assert float(str(first["x1"])) == pytest.approx(46 + 360 * 10 / 23, abs=0.1)
    assert float(str(second["y1"])) == pytest.approx(254 - 242 * 0.25 / 0.4, abs=0.1)
    assert float(str(second["y2"])) == pytest.approx(254 - 242 * 0.35 / 0.4, abs=0.1)
    assert plot.select_one(".front") is not None


def test_setups_differ_in_colour_and_shape() -> None:
    signs = BeautifulSoup(symbols(64), "html.parser").select("path")
    looks = {(sign["d"], sign["fill"]) for sign in signs}
    assert len(looks) == 64
    first = signs[: len(COLOURS)]
    assert len({sign["d"] for sign in first}) == len({sign["fill"] for sign in first}) == len(SHAPES)


def test_text_becomes_no_markup() -> None:
    assert tag("p", "<b>", Html("<i>x</i>"), 3, None, ["a", ("&",)]) == "<p>&lt;b&gt;<i>x</i>3a&amp;</p>"
    assert tag("a", title='"<', data_kind="x", class_="y", hidden=True, lang=None) == (
        '<a title="&quot;&lt;" data-kind="x" class="y" hidden></a>'
    )
    assert tag("input", value="'") == '<input value="&#39;">'
    assert isinstance(join(), Html)


@given(st.text())
def test_escaped_text_reads_as_it_was(text: str) -> None:
    text = f"|{text}|"  # the parser makes one blank of text that is nothing else
    page = BeautifulSoup(tag("p", text), "html.parser")
    assert len(page.find_all()) == 1
    shown = page.get_text()
    assert len(shown) == len(text)
    assert all(one == other or one == "\ufffd" for one, other in zip(shown, text, strict=True))
    assert escape(text).encode().decode() == escape(text)


def test_numbers_in_words() -> None:
    assert [tick(value) for value in (0.6, 1.0, -0.2, 0, 0.05)] == [".6", "1", "−.2", "0", ".05"]
    assert [signed(value) for value in (0.08, -0.02, 0, 0.0001)] == ["+.080", "−.020", ".000", ".000"]
    assert signed(math.nan) == "–"
    assert [p_value(value) for value in (0.0004, 0.034, 1)] == ["< .001", ".034", "1.000"]
    assert range_of(0.5, 0.625) == ".500–.625"
    assert range_of(math.nan, math.nan) == "–"
    assert [seconds(value) for value in (0.0384, 2.5, 99, 600)] == ["38.4 ms", "2.5 s", "99 s", "10 min"]
    assert seconds(math.nan) == "–"
    assert [size(value) for value in (900, 38_500, 2.5e6, 4e9)] == ["900 B", "38.5 kB", "2.5 MB", "4 GB"]
    assert [plain(value) for value in (0, 0.05, 20.0, 1500)] == ["0", "0.05", "20", "1,500"]
    assert [number(value) for value in (3, 2.0, 0.256)] == ["3", "2", "0.26"]
    assert [counted(count, "page") for count in (0, 1, 1200)] == ["0 pages", "1 page", "1,200 pages"]


def test_an_axis_turns_values_into_places() -> None:
    assert Axis(0, 10, 100, 300).at(5) == 200
    assert Axis(1, 100, 0, 200, log=True).at(10) == pytest.approx(100)
