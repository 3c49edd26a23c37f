"""Charts as vectors on a `Sheet`: bars, lines, a heat map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from making.paper import CORAL, GREY, INK, LINE, SANS, SEA, Colour, Sheet, Style

LABEL = replace(SANS, size=7.4, ink=GREY)


@dataclass(frozen=True)
class Axes:
    """A plotting area: its rectangle in points and the values at its corners."""

    left: float
    top: float
    right: float
    bottom: float
    x_max: float
    y_max: float
    y_min: float = 0.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """The point of a pair of values."""
        across = self.left + (self.right - self.left) * x / self.x_max
        share = (y - self.y_min) / (self.y_max - self.y_min)
        return across, self.bottom - (self.bottom - self.top) * share


def frame(
    sheet: Sheet, axes: Axes, ticks: Sequence[float], title: str, form: str = "{:g}", label: Style = LABEL
) -> None:
    """Horizontal grid lines with their values, and the vertical axis' title."""
    for tick in ticks:
        _, y = axes.at(0, tick)
        sheet.line((axes.left, y), (axes.right, y), width=0.5)
        sheet.text(axes.left - 5, y + 2.6, form.format(tick), label, "right")
    sheet.line((axes.left, axes.bottom), (axes.right, axes.bottom), ink=GREY, width=0.9)
    sheet.upright(axes.left - 27, (axes.top + axes.bottom) / 2, title, label)


def bars(
    sheet: Sheet,
    axes: Axes,
    names: Sequence[str],
    values: Sequence[float],
    marked: int,
    form: str,
    label: Style = LABEL,
) -> None:
    """Bars with their values on top; the bar ``marked`` stands out."""
    for number, (name, value) in enumerate(zip(names, values, strict=True)):
        left, top = axes.at(number + 0.2, value)
        right, bottom = axes.at(number + 0.8, axes.y_min)
        sheet.box((left, top, right, bottom), fill=CORAL if number == marked else SEA)
        middle = (left + right) / 2
        sheet.text(middle, top - 3.5, form.format(value), replace(label, ink=INK), "centre")
        sheet.text(middle, axes.bottom + 11, name, label, "centre")


def curve(
    sheet: Sheet,
    axes: Axes,
    points: Sequence[tuple[float, float]],
    ink: Colour,
    dots: bool = False,
    dashes: str | None = None,
) -> None:
    """A line through value pairs."""
    places = [axes.at(x, y) for x, y in points]
    sheet.line(*places, ink=ink, width=1.6, dashes=dashes)
    for x, y in places if dots else ():
        sheet.disc(x, y, 2.4, fill=ink)


def legend(
    sheet: Sheet, x: float, y: float, entries: Sequence[tuple[str, Colour]], label: Style = LABEL
) -> None:
    """Colour keys one below the other."""
    for number, (name, ink) in enumerate(entries):
        top = y + number * 12
        sheet.box((x, top - 5.5, x + 12, top - 0.5), fill=ink)
        sheet.text(x + 17, top, name, replace(label, ink=INK))


def heat(
    sheet: Sheet,
    rect: Sequence[float],
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float]],
    label: Style = LABEL,
) -> None:
    """A grid of cells from pale to dark; each cell holds its value."""
    left, top, right, bottom = rect
    wide, high = (right - left) / len(columns), (bottom - top) / len(rows)
    most = max(max(row) for row in values)
    pale, dark = (0.92, 0.96, 0.95), (0.03, 0.29, 0.36)
    for r, (name, row) in enumerate(zip(rows, values, strict=True)):
        y = top + r * high
        sheet.text(left - 5, y + high * 0.62, name, label, "right")
        for c, value in enumerate(row):
            share = value / most
            tone = tuple(a + (b - a) * share for a, b in zip(pale, dark, strict=True))
            sheet.box(
                (left + c * wide, y, left + (c + 1) * wide, y + high), fill=tone, edge=(1, 1, 1), width=0.8
            )
            ink = (1, 1, 1) if share > 0.5 else INK
            sheet.text(
                left + (c + 0.5) * wide, y + high * 0.63, f"{value:g}", replace(label, ink=ink), "centre"
            )
    for c, name in enumerate(columns):
        sheet.text(left + (c + 0.5) * wide, bottom + 11, name, label, "centre")


def axis_title(sheet: Sheet, axes: Axes, text: str, label: Style = LABEL) -> None:
    """The horizontal axis' title, below its labels."""
    sheet.text((axes.left + axes.right) / 2, axes.bottom + 24, text, label, "centre")


__all__ = ["LABEL", "LINE", "Axes", "axis_title", "bars", "curve", "frame", "heat", "legend"]
