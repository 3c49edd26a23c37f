"""Axes of plots: where a value stands, and which values are named."""

from __future__ import annotations

import math
from dataclasses import dataclass

_SPAN_OF_LOG = 20  # largest over smallest value from which an axis counts in powers of ten


@dataclass(frozen=True, slots=True)
class Axis:
    """Values ``low`` to ``high`` laid over the lengths ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float
    log: bool = False

    def at(self, value: float) -> float:
        """Where ``value`` stands."""
        if self.log:
            share = math.log(value / self.low) / math.log(self.high / self.low)
        else:
            share = (value - self.low) / (self.high - self.low)
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """Round values on the axis."""
        return _powers(self.low, self.high, most) if self.log else round_values(self.low, self.high, most)


def quality_axis(values: list[float], start: float, end: float) -> Axis:
    """For values 0..1, around all of ``values``."""
    known = [value for value in values if not math.isnan(value)] or [0.0, 1.0]
    step = 0.1 if max(known) - min(known) > 0.2 else 0.05
    low = max(0.0, math.floor(min(known) / step - 0.2) * step)
    high = min(1.0, math.ceil(max(known) / step + 0.2) * step)
    return Axis(low, max(high, low + step), start, end)


def cost_axis(values: list[float], start: float, end: float) -> Axis:
    """For values from 0 up, in powers of ten where they lie far apart."""
    low, high = min(values), max(values)
    if low > 0 and high / low >= _SPAN_OF_LOG:
        return Axis(low / 1.6, high * 1.6, start, end, log=True)
    return Axis(0.0, high * 1.15 or 1.0, start, end)


def difference_axis(values: list[float], start: float, end: float) -> Axis:
    """Around 0, as far to both sides."""
    known = [abs(value) for value in values if not math.isnan(value)]
    most = max(0.05, math.ceil(max(known, default=0.0) * 20) / 20)
    return Axis(-most, most, start, end)


def round_values(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2, 2.5 or 5 times a power of ten, at most ``most + 1`` of them."""
    rough = (high - low) / most
    power = 10 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    return [round(place * step, 12) for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _powers(low: float, high: float, most: int) -> list[float]:
    tens = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        found = [value for ten in tens for step in steps if low <= (value := float(f"{step}e{ten}")) <= high]
        if len(found) <= most + 1:
            return found
    every = math.ceil(len(found) / most)
    return found[::every]
