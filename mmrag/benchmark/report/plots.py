"""Plots as inline SVG: quality against cost, intervals, differences.

Texts take their colours from the style sheet, so that the same plot reads in the light, in the dark and on
paper. Setups are labelled where they stand; there is no legend to look up.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mmrag.benchmark.report.axes import Axis, cost_axis, quality_axis
from mmrag.benchmark.report.figures import plain
from mmrag.benchmark.report.figures import tick as shown
from mmrag.benchmark.report.labels import Box, placed, width_of
from mmrag.benchmark.report.marks import mark_at
from mmrag.benchmark.report.markup import Html, join, tag

_WIDTH, _HEIGHT = 420, 300
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 14, 12, 46

STRIP = 150
"""Width of the strips that stand in tables."""


@dataclass(frozen=True, slots=True)
class Point:
    """A setup in a plot: its place among the setups, its name, its cost, its quality with the interval."""

    place: int
    name: str
    cost: float
    quality: float
    low: float
    high: float


def quality_against(points: Sequence[Point], measure: str, says: str, label: str) -> Html:
    """A plot of quality upwards against a cost to the right.

    Args:
        points: the setups.
        measure: name of the quality.
        says: the whole plot in a sentence, for those who do not see it.
        label: of the axis of costs, with its unit.
    """
    across = cost_axis([point.cost for point in points], _LEFT, _WIDTH - _RIGHT)
    up = quality_axis(
        [value for point in points for value in (point.low, point.high, point.quality)],
        _HEIGHT - _BOTTOM,
        _TOP,
    )
    drawn = [_whisker(point, across, up) for point in points]
    signs = [mark_at(point.place, across.at(point.cost), up.at(point.quality)) for point in points]
    return tag(
        "svg",
        tag("title", says),
        _grid(across, up),
        _axis_names(measure, label + (" (logarithmic)" if across.log else "")),
        _front(points, across, up),
        drawn,
        signs,
        _labels(points, across, up),
        class_="plot",
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        role="img",
    )


def undominated(points: Sequence[Point]) -> list[Point]:
    """Those that no other beats in both, cheapest first."""
    best: list[Point] = []
    for point in sorted(points, key=lambda point: (point.cost, -point.quality)):
        if not best or point.quality > best[-1].quality:
            best.append(point)
    return best


def strip(axis: Axis, place: int, value: float, low: float, high: float, *, filled: bool = True) -> Html:
    """A mean with its interval on an axis of `STRIP` pixels, for a row of a table."""
    if math.isnan(value):
        return Html("")
    lines = [
        tag("line", x1=axis.at(tick), x2=axis.at(tick), y1=0, y2=22, class_="grid") for tick in _few(axis)
    ]
    zero = tag("line", x1=axis.at(0), x2=axis.at(0), y1=0, y2=22, class_="zero") if axis.low < 0 else None
    whisker = None
    if not math.isnan(low):
        whisker = tag("line", x1=axis.at(low), x2=axis.at(high), y1=11, y2=11, class_="whisker")
    sign = (
        mark_at(place, axis.at(value), 11)
        if place >= 0
        else tag("circle", cx=axis.at(value), cy=11, r=4.5, class_="dot" if filled else "dot hollow")
    )
    return _in_row(lines, zero, whisker, sign, height=22)


def strip_head(axis: Axis, says: Callable[[float], str]) -> Html:
    """The numbers of the axis, for the head of the column."""
    texts = [
        tag("text", says(tick), x=axis.at(tick), y=11, class_="tick", text_anchor="middle")
        for tick in _few(axis)
    ]
    return _in_row(texts, height=14)


def _in_row(*children: Html | list[Html] | None, height: int) -> Html:
    return tag(
        "svg",
        *children,
        class_="strip",
        viewBox=f"0 0 {STRIP} {height}",
        width=STRIP,
        height=height,
        aria_hidden="true",
    )


def _few(axis: Axis) -> list[float]:
    ticks = axis.ticks(4)
    return [tick for tick in ticks if axis.start + 4 <= axis.at(tick) <= axis.end - 4] or ticks


def _grid(across: Axis, up: Axis) -> Html:
    made = []
    for tick in up.ticks():
        y = up.at(tick)
        made.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=y, y2=y, class_="grid"))
        made.append(
            tag("text", shown(tick), x=_LEFT - 6, y=y + 4, class_="tick", text_anchor="end"),
        )
    bottom = _HEIGHT - _BOTTOM
    for tick in across.ticks():
        x = across.at(tick)
        made.append(tag("line", x1=x, x2=x, y1=_TOP, y2=bottom, class_="grid"))
        made.append(tag("text", plain(tick), x=x, y=bottom + 16, class_="tick", text_anchor="middle"))
    made.append(tag("line", x1=_LEFT, x2=_WIDTH - _RIGHT, y1=bottom, y2=bottom, class_="axis"))
    return join(made)


def _axis_names(measure: str, label: str) -> Html:
    middle = (_TOP + _HEIGHT - _BOTTOM) / 2
    return join(
        tag(
            "text", label, x=(_LEFT + _WIDTH - _RIGHT) / 2, y=_HEIGHT - 8, class_="name", text_anchor="middle"
        ),
        tag(
            "text",
            measure,
            transform=f"translate(12,{middle:.0f}) rotate(-90)",
            class_="name",
            text_anchor="middle",
        ),
    )


def _whisker(point: Point, across: Axis, up: Axis) -> Html | None:
    if math.isnan(point.low):
        return None
    x = across.at(point.cost)
    return tag("line", x1=x, x2=x, y1=up.at(point.low), y2=up.at(point.high), class_="whisker")


def _front(points: Sequence[Point], across: Axis, up: Axis) -> Html | None:
    """A line from one undominated setup to the next."""
    best = undominated(points)
    if len(best) < 2:
        return None
    steps = [f"M{across.at(best[0].cost):.1f},{up.at(best[0].quality):.1f}"]
    steps += [f"H{across.at(point.cost):.1f}V{up.at(point.quality):.1f}" for point in best[1:]]
    return tag("path", d="".join(steps), class_="front")


def _labels(points: Sequence[Point], across: Axis, up: Axis) -> list[Html]:
    signs = [Box.around(across.at(point.cost), up.at(point.quality), 7, 7) for point in points]
    whiskers = [
        Box.around(across.at(point.cost), (up.at(point.low) + up.at(point.high)) / 2, 1.5,
                   abs(up.at(point.low) - up.at(point.high)) / 2)
        for point in points
        if not math.isnan(point.low)
    ]  # fmt: skip
    frame = Box(_LEFT, _TOP, _WIDTH - 2, _HEIGHT - _BOTTOM - 2)
    found = placed(signs, [width_of(point.name) for point in points], whiskers, frame)
    return [
        join(
            spot.leader and tag("line", **spot.leader, class_="leader"),
            tag("text", point.name, x=spot.x, y=spot.y, class_="label"),
        )
        for point, spot in zip(points, found, strict=True)
    ]
