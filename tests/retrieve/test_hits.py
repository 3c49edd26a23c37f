"""What stands beside a hit that no chunk has found."""

from __future__ import annotations

import pytest

from mmrag.retrieve.hits import _beginning
from mmrag.types import Element, Kind

HAN = "设备" * 200
WORDS = "seventy " * 50


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A short text.", "A short text."),
        (WORDS, WORDS[:295] + " …"),
        (HAN, HAN[:300] + " …"),
        (f"第一章 {HAN}", f"第一章 {HAN}"[:300] + " …"),
        (f"{HAN[:240]} {HAN}", HAN[:240] + " …"),
    ],
)
def test_a_long_text_is_cut_at_its_last_blank_if_that_leaves_most_of_it(text: str, expected: str) -> None:
    assert _beginning(Element("e", "d", 1, Kind.TEXT, None, text)) == expected
