from __future__ import annotations

import pytest

from mmrag.ingest.pdf.numbering import without_line_numbers
from mmrag.ingest.pdf.values import Line

PROSE = "The gauge at the northern pier was read every morning."


def line(text: str, x: float, y: float, size: float = 10) -> Line:
    return Line(x, y - 0.8 * size, x + 0.5 * size * len(text), y + 0.2 * size, y, text, size, "Times")


def page(count: int, first: int = 1, step: int = 1, x: float = 40, size: float = 6) -> list[Line]:
    """Lines of prose, with a number beside each whose count is divisible by ``step``."""
    lines = []
    for index in range(count):
        y = 80 + 14 * index
        lines.append(line(PROSE, 90, y))
        if (first + index) % step == 0:
            lines.append(line(str(first + index), x, y, size))
    return lines


def kept(lines: list[Line]) -> set[str]:
    return {item.text for item in without_line_numbers(lines)}


@pytest.mark.parametrize(
    "numbered",
    [
        page(30),
        page(30, first=96),
        page(40, step=5),
        page(30, x=420),
        page(28, size=10),
    ],
    ids=["left", "past a hundred", "every fifth", "right", "as large as the text, but many"],
)
def test_numbers_that_count_the_lines_go(numbered):
    assert kept(numbered) == {PROSE}


@pytest.mark.parametrize(
    "lines",
    [
        page(4),
        page(12, size=10),
        [*page(12), line("No.", 40, 66, 6)],
        [item for item in page(24) if item.text not in {"2", "5", "6", "9", "11", "12", "17", "20"}],
        [line(PROSE, 90, 80 + 14 * i) for i in range(30)]
        + [line(str(90 - 5 * i), 40, 80 + 28 * i, 6) for i in range(9)],
        page(30, x=120),
    ],
    ids=["few", "a column of a table", "with a name", "with gaps", "ticks of an axis", "among the text"],
)
def test_other_numbers_stay(lines):
    assert without_line_numbers(lines) == lines
