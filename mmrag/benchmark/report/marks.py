"""How setups are told apart: a colour and a shape each, the same in every table and plot.

The colours are those of Okabe & Ito 2008, "Color universal design", which people with any colour vision tell
apart; the shapes do it on grey paper. Eight of each, and past eight setups no pair comes twice before 64.
"""

from __future__ import annotations

from mmrag.benchmark.report.markup import Html, join, tag

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "currentColor")
SHAPES = (
    "M5,0A5,5 0 1 1 -5,0A5,5 0 1 1 5,0Z",
    "M-4.4,-4.4H4.4V4.4H-4.4Z",
    "M0,-5.4L5.2,4H-5.2Z",
    "M0,-6L6,0L0,6L-6,0Z",
    "M0,5.4L5.2,-4H-5.2Z",
    "M-2,-5.5H2V-2H5.5V2H2V5.5H-2V2H-5.5V-2H-2Z",
    "M0,-6L1.8,-1.9L6,-1.9L2.7,1L3.8,5.2L0,2.8L-3.8,5.2L-2.7,1L-6,-1.9L-1.8,-1.9Z",
    "M-5.5,0L-2.75,-4.8H2.75L5.5,0L2.75,4.8H-2.75Z",
)


def colour(place: int) -> str:
    """Of the setup at ``place``, from 0."""
    return COLOURS[place % len(COLOURS)]


def symbols(count: int) -> Html:
    """The shapes of ``count`` setups, for `mark` and `mark_at` to point at; stands once in a page."""
    shapes = [
        tag(
            "path", id=f"m{place}", d=SHAPES[(place + place // len(SHAPES)) % len(SHAPES)], fill=colour(place)
        )
        for place in range(count)
    ]
    return tag("svg", tag("defs", shapes), class_="defs", aria_hidden="true", width=0, height=0)


def mark(place: int) -> Html:
    """The setup's sign in a line of text."""
    return tag("svg", _use(place), class_="mark", viewBox="-7 -7 14 14", aria_hidden="true")


def mark_at(place: int, x: float, y: float) -> Html:
    """The setup's sign in a plot."""
    return tag("g", _use(place), transform=f"translate({x:.1f},{y:.1f})", class_="mark")


def named(place: int, name: str) -> Html:
    """The setup's sign and name."""
    return tag("span", join(mark(place), " ", tag("bdi", name)), class_="setup")


def _use(place: int) -> Html:
    return tag("use", href=f"#m{place}")
