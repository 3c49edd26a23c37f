from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.declining import Opening


def through(pieces: list[str]) -> tuple[str, bool]:
    opening = Opening("NO ANSWER")
    shown = "".join([*map(opening.feed, pieces), opening.close()])
    return shown, opening.declined


@pytest.mark.parametrize(
    "said",
    ["NO ANSWER", "no answer.", " **No Answer**", '"NO ANSWER"', "NO ANSWER\nThe sources say nothing of it."],
)
def test_the_phrase_declines_and_nothing_is_shown(said: str):
    assert through([said]) == ("", True)
    assert through(list(said)) == ("", True)


@pytest.mark.parametrize(
    "said",
    [
        "NO",
        "No answers were given [1].",
        "It is 5 [1]. NO ANSWER",
        "",
        "NO ANSWE",
        '"Dry" is what it says [1].',
        "* one [1]\n* two [2]",
        "**Height**: 5 m [1]",
        "```\ncode\n```",
        "**NO**",
    ],
)
def test_anything_else_is_shown_as_it_is(said: str):
    assert through([said]) == (said, False)
    assert through(list(said)) == (said, False)


def test_what_can_be_no_phrase_is_shown_at_once():
    opening = Opening("NO ANSWER")
    assert opening.feed("N") == ""
    assert opening.feed("o") == ""
    assert opening.feed("ise") == "Noise"
    assert opening.feed(" ") == " "


@given(st.text(alphabet="NOno ANSWERanswer.[1]", max_size=30), st.lists(st.integers(0, 30), max_size=4))
def test_cutting_changes_nothing(said: str, cuts: list[int]):
    places = sorted({0, len(said), *(min(cut, len(said)) for cut in cuts)})
    pieces = [said[a:b] for a, b in pairwise(places)]
    assert through(pieces) == through([said])
