"""Numbers in words."""

from __future__ import annotations

import math

from mmrag.benchmark.tables import decimals

_UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


def signed(value: float) -> str:
    """``+.081``, ``−.020``, ``.000``; a dash for NaN."""
    text = decimals(value)
    return f"+{text}" if value > 0 and float(f"{value:.3f}") else text


def range_of(low: float, high: float) -> str:
    """``.544–.681``; a dash where it is not known."""
    return "–" if math.isnan(low) else f"{decimals(low)}–{decimals(high)}"


def tick(value: float) -> str:
    """Of an axis: ``.6``, ``1``, ``−.2``, ``0``."""
    text = decimals(value).rstrip("0").rstrip(".")
    return text if text.strip("−") else "0"


def seconds(value: float) -> str:
    """``0.42 s``, ``38 ms``, ``3.1 min``."""
    if math.isnan(value):
        return "–"
    if value >= 100:
        return f"{value / 60:.3g} min"
    return f"{value:.3g} s" if value >= 1 else f"{1000 * value:.3g} ms"


def size(value: float) -> str:
    """``38.5 kB``."""
    for unit, least in _UNITS:
        if value >= least:
            return f"{value / least:.3g} {unit}"
    return f"{value:.0f} B"


def plain(value: float) -> str:
    """At most three significant digits, never as a power: ``0.05``, ``20``, ``1,500``."""
    text = f"{value:,.10f}" if abs(value) < 1 else f"{value:,.2f}"
    return text.rstrip("0").rstrip(".") or "0"
