from __future__ import annotations

import pytest

from mmrag.synthesize.places import place_of
from mmrag.types import BBox, Line


def line(text: str, row: int, left: float = 0.1, right: float = 0.9) -> Line:
    return Line(text, BBox(left, row / 10, right, row / 10 + 0.05))


PAGE = [
    line("The gate has two chains and", 1),
    line("each of them is inter-", 2),
    line("changeable. Nothing more.", 3),
    line("Another gate has two chains", 6),
    Line("without a place"),
]
PARAGRAPH = BBox(0.1, 0.1, 0.9, 0.36)


@pytest.mark.parametrize(
    ("quote", "first", "last"),
    [
        ("two chains", 1, 1),
        ("chains and each of them is interchangeable.", 1, 3),
        ("| The | gate | has |", 1, 1),
        ("THE GATE", 1, 1),
    ],
)
def test_a_quote_stands_on_its_lines(quote: str, first: int, last: int) -> None:
    assert place_of(quote, PAGE, PARAGRAPH) == BBox(0.1, first / 10, 0.9, last / 10 + 0.05)


@pytest.mark.parametrize("quote", ["another gate", "", "…", "nine chains", "without a place"])
def test_what_is_not_on_the_elements_lines_has_no_place(quote: str) -> None:
    assert place_of(quote, PAGE, PARAGRAPH) is None


@pytest.mark.parametrize(
    ("lines", "quote", "row"),
    [
        (["15 mm steel", "5 mm"], "5 mm", 2),
        (["5 mms", "the 5 mm gate"], "5 mm", 2),
        (["1.5 mm", "5 mm"], "5 mm", 2),
        (["2019 12 15", "2020 2 5"], "| 2 | 5 |", 2),
        (["另有15毫米", "厚5毫米"], "5毫米", 2),
        (["位于北京市", "北京"], "北京", 1),
        (["15 mm steel", "25 mm"], "5 mm", 1),
    ],
)
def test_a_place_that_cuts_no_word_is_the_better_one(lines: list[str], quote: str, row: int) -> None:
    page = [line(text, at) for at, text in enumerate(lines, start=1)]
    assert place_of(quote, page, PARAGRAPH) == page[row - 1].bbox
