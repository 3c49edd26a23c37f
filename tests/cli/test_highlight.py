from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from mmrag.cli.highlight import excerpt, spans
from mmrag.cli.terminal import clean


def marked(text: str, question: str) -> list[str]:
    return [text[start:end] for start, end in spans(text, question)]


@pytest.mark.parametrize(
    ("text", "question", "expected"),
    [
        ("The gates open slowly.", "When does the gate open?", ["gates", "open"]),
        ("A page on other things", "the of and", []),
        ("Availability was 81.5 % in 2025", "81.5 in 2025?", ["81.5", "2025"]),
        ("潮汐电站于1987年投入运行。", "电站什么时候运行？", ["电站", "运行"]),
        ("GATES and Gate", "gate", ["GATES", "Gate"]),
        ("", "gate", []),
    ],
)
def test_matched_words(text: str, question: str, expected: list[str]) -> None:
    assert marked(text, question) == expected


def test_short_text_is_shown_whole() -> None:
    assert excerpt("one\n two", "two", 40) == ("one two", [(4, 7)])


def test_long_text_is_cut_around_the_matches() -> None:
    text, found = excerpt("word " * 200 + "the sluice gate opens " + "word " * 200, "sluice gate", 60)
    assert text.startswith("…")
    assert text.endswith("…")
    assert [text[start:end] for start, end in found] == ["sluice", "gate"]
    assert cell_len(text) <= 60


def test_wide_letters_count_twice() -> None:
    text, _ = excerpt("潮" * 100, "水", 20)
    assert cell_len(text) <= 20
    assert text == "潮" * 9 + "…"


@pytest.mark.parametrize("before", range(0, 120, 7))
def test_the_match_is_shown_in_a_text_of_wide_letters(before: int) -> None:
    text = "背景介绍的文字" * before + "收入增长了百分之十" + "其他内容的文字" * 30
    shown, found = excerpt(text, "收入增长", 100)
    assert [shown[start:end] for start, end in found] == ["收入增长"]
    assert cell_len(shown) <= 100


@given(st.text(max_size=300), st.text(max_size=30), st.integers(min_value=10, max_value=120))
def test_excerpt_fits_and_its_spans_lie_in_it(text: str, question: str, width: int) -> None:
    piece, found = excerpt(text, question, width)
    assert cell_len(piece) <= width
    edges = [edge for span in found for edge in span]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(piece) for edge in edges)
    assert piece.strip("…").strip() in clean(text)
