from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mmrag.synthesize.markers import Markers

MARKERS = ("[1]", "【1】", "［２］", "[^1]", "[0]", "[9]", "[2019]", "b[1]", "[1](/u)")
BEGUN = ("[", "]", "[2", ",", ";", "3", "4]", "[Source", "[来源", "†", "p.", "-", "–", "1", "22", ":")
AROUND = ("\n", " ", "\t", "`", "``", "```", "a", "(", ")", "(http://x", "(#a)", "。", ".", "text", "文字")
PARTS = st.sampled_from([*MARKERS, *BEGUN, *AROUND])


def shown(text: str, known: int = 5) -> str:
    markers = Markers(known)
    return markers.feed(text) + markers.close()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Three chains [1].", "Three chains [1]."),
        ("a [2][4] b", "a [1][2] b"),
        ("a [2, 4] b", "a [1][2] b"),
        ("a [2; 4 and 1] b", "a [1][2][3] b"),
        ("a [1,3-5] b", "a [1][2][3][4] b"),
        ("a [1–3] b", "a [1][2][3] b"),
        ("a [3-1] b", "a [1][2][3] b"),
        ("文字【2】。", "文字[1]。"),
        ("文字［２］。", "文字[1]。"),
        ("文字[来源 2、来源 3]。", "文字[1][2]。"),
        ("文字[来源3]。", "文字[1]。"),
        ("a [^2], b [#2]", "a [1], b [1]"),
        ("a [Source 2], b [sources: 3 and 2]", "a [1], b [2][1]"),
        ("a [Quelle 2], b [Document 3]", "a [1], b [2]"),
        ("[2]: the report\n[1]: the notes", "[1]: the report\n[2]: the notes"),
        ("a [2, p. 12] b 【3，第 5 页】", "a [1] b [2]"),
        ("a 【2:0†report.pdf】", "a [1]"),
        ("a [2](https://example.org/a)b [2](#s) [2] (see below)", "a [1]b [1] [1] (see below)"),
        ("[[2]]", "[[1]]"),
        ("a [2, 2] b", "a [1] b"),
    ],
)
def test_forms_are_normalised(text: str, expected: str):
    assert shown(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "in the report [2019] and [1998, 2003]",
        "the interval [0, 1] and [0-3]",
        "`a[2]` and ``b[3] ` ``",
        "```python\na[2] = b[9]\n```\n",
        "```\nunclosed a[2]",
        "[text](https://example.org/2) and [ ] and [x] and [Table 2] and [第3页] and []",
        "[2.5, 3.5] and [2a] and [see 2]",
        "[2\n]",
        "an open [2",
        "an open [Source",
    ],
)
def test_what_is_no_marker_is_left_alone(text: str):
    markers = Markers(5)
    assert markers.feed(text) + markers.close() == text
    assert (markers.order, markers.unknown) == ([], [])


def test_a_backtick_that_nothing_closes_hides_no_marker():
    assert shown("a ` stray [2]\nand ` more [3]") == "a ` stray [1]\nand ` more [2]"


def test_a_year_is_a_number_where_there_are_so_many_sources():
    assert shown("a [2019]", known=2500) == "a [1]"


def test_order_says_what_the_new_numbers_stand_for():
    markers = Markers(9)
    assert markers.feed("a [7][2], b [7], c [4].") == "a [1][2], b [1], c [3]."
    assert markers.order == [7, 2, 4]


def test_what_stands_for_nothing_is_taken_out_and_remembered():
    markers = Markers(3)
    text = markers.feed("Two [9] more [0]. And [2, 4-6]!") + markers.close()
    assert text == "Two more. And [1]!"
    assert markers.unknown == [("[9]", 3), ("[0]", 8), ("[4-6]", 17)]
    assert text[:17] == "Two more. And [1]"


def test_nothing_is_left_of_an_unknown_marker_at_a_lines_start():
    assert shown("[9] First.\n[8] [7] Second.\n[9] [2] Third.") == "First.\nSecond.\n[1] Third."


def test_text_is_held_back_no_longer_than_needed():
    markers = Markers(3)
    assert markers.feed("Two") == "Two"
    assert markers.feed(" ") == ""
    assert markers.feed("[") == ""
    assert markers.feed("2") == ""
    assert markers.feed("]") == ""
    assert markers.feed(".") == " [1]."
    assert markers.feed(" [see the") == " [see the"
    assert markers.feed(" [1") == ""
    assert markers.close() == " [1"


def test_a_long_bracket_is_not_held_for_ever():
    markers = Markers(3)
    assert len("".join(markers.feed(piece) for piece in ["[1, ", *["1, "] * 100])) > 200


@given(st.lists(PARTS, max_size=25), st.data())
@example(["[1]", "(http://x"], None)
def test_the_cutting_makes_no_difference(parts: list[str], data: st.DataObject | None):
    text = "".join(parts)
    whole, cut = Markers(4), Markers(4)
    if data is None:
        pieces = list(text)
    else:
        cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), max_size=8)))
        pieces = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    at_once = whole.feed(text) + whole.close()
    in_pieces = "".join(map(cut.feed, pieces)) + cut.close()
    assert in_pieces == at_once
    assert (cut.order, cut.unknown) == (whole.order, whole.unknown)
    assert all(0 <= offset <= len(at_once) for _, offset in whole.unknown)


@given(st.lists(PARTS, max_size=25))
def test_text_without_digits_passes_unchanged(parts: list[str]):
    text = re.sub(r"\d", "", "".join(parts)).replace("２", "")
    assert shown(text) == text


@given(st.lists(PARTS, max_size=25))
def test_one_letter_at_a_time_is_the_same_as_all_at_once(parts: list[str]):
    text = "".join(parts)
    markers = Markers(4)
    assert "".join(map(markers.feed, text)) + markers.close() == shown(text, 4)
