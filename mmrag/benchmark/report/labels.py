"""Where the names of points stand in a plot: next to them, and not upon one another."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

_HEIGHT = 14.0  # of a line of text
_GAP = 4.0  # between a point and its name
_FAR = 30.0  # from here a line leads from the point to its name


@dataclass(frozen=True, slots=True)
class Box:
    """A part of the plot, y down."""

    left: float
    top: float
    right: float
    bottom: float

    @classmethod
    def around(cls, x: float, y: float, half_width: float, half_height: float) -> Box:
        """The box with its middle at ``x``, ``y``."""
        return cls(x - half_width, y - half_height, x + half_width, y + half_height)

    def shared(self, other: Box) -> float:
        """Area that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, width) * max(0.0, height)

    @property
    def area(self) -> float:
        """In square pixels."""
        return (self.right - self.left) * (self.bottom - self.top)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a name begins (left end of its base line), and the line that leads to it, if it needs one."""

    x: float
    y: float
    leader: dict[str, float]


def width_of(text: str) -> float:
    """About how many pixels a text of 13 pixels' height is wide."""
    return sum(13.0 if unicodedata.east_asian_width(letter) in "WF" else 7.8 for letter in text)


def placed(signs: Sequence[Box], widths: Sequence[float], others: Sequence[Box], frame: Box) -> list[Spot]:
    """A spot for the name of each sign: the nearest one that covers least of what else is there.

    Args:
        signs: the points.
        widths: of their names, in pixels.
        others: what should not be covered, but may be.
        frame: outside of which nothing stands.
    """
    taken: dict[int, Box] = {}
    # From the right: a name mostly stands to the right of its point, where the free ones are taken first.
    for at in sorted(range(len(signs)), key=lambda at: (-signs[at].right, signs[at].top)):
        taken[at] = min(
            _tries(signs[at], widths[at]),
            key=lambda box: (
                _covered(box, [*signs, *taken.values()], others, frame) + _distance(box, signs[at])
            ),
        )
    return [
        Spot(round(box.left, 1), round(box.bottom - 3.5, 1), _leader(box, signs[at]))
        for at, box in sorted(taken.items())
    ]


def _tries(sign: Box, width: float) -> list[Box]:
    middle = (sign.top + sign.bottom) / 2
    centre = (sign.left + sign.right) / 2
    found = []
    for shift in range(0, 120, 4):
        for top in dict.fromkeys((middle - _HEIGHT / 2 - shift, middle - _HEIGHT / 2 + shift)):
            lefts = [sign.right + _GAP, sign.left - _GAP - width]
            if shift > _HEIGHT:
                lefts.append(centre - width / 2)
            found += [Box(left, top, left + width, top + _HEIGHT) for left in lefts]
    return found


def _covered(box: Box, hard: Sequence[Box], soft: Sequence[Box], frame: Box) -> float:
    outside = box.area - box.shared(frame)
    return 100 * outside + 20 * sum(box.shared(one) for one in hard) + sum(box.shared(one) for one in soft)


def _distance(box: Box, sign: Box) -> float:
    """Names to the right are a little nearer than those to the left."""
    down = abs((box.top + box.bottom) - (sign.top + sign.bottom)) / 2
    return down + (4.0 if box.left < sign.left else 0.0)


def _leader(box: Box, sign: Box) -> dict[str, float]:
    centre, middle = (sign.left + sign.right) / 2, (sign.top + sign.bottom) / 2
    y = box.bottom if box.bottom < middle else box.top
    if abs(y - middle) < _FAR - _HEIGHT / 2:
        return {}
    x = min(max(centre, box.left + 4), box.right - 4)
    return {"x1": round(centre, 1), "y1": round(middle, 1), "x2": round(x, 1), "y2": round(y, 1)}
