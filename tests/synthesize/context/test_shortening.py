from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.cleaning import FRAME, cleaned
from mmrag.synthesize.context.shortening import GAP, LONGEST_PIECE, Shortening, size

SENTENCES = " ".join(f"The gate number {number} weighs {number * 7} tons." for number in range(100))


def test_the_sentence_that_matched_stands_in_the_middle():
    short = Shortening(SENTENCES, "The gate number 50 weighs 350 tons.").within(400)
    lines = short.splitlines()
    assert (lines[0], lines[-1]) == (GAP, GAP)
    kept = lines[1].split(". ")
    assert abs(kept.index("The gate number 50 weighs 350 tons") - len(kept) // 2) <= 1
    assert 300 < size(short) <= 400


def test_without_a_match_the_beginning_is_kept():
    assert Shortening(SENTENCES, "nothing of it").within(100) == (
        f"The gate number 0 weighs 0 tons. The gate number 1 weighs 7 tons.\n{GAP}"
    )


def test_what_fits_stays_and_what_has_no_room_is_empty():
    assert Shortening(SENTENCES, "").within(size(SENTENCES)) == SENTENCES
    assert Shortening(SENTENCES, "").within(20) == ""
    assert Shortening("", "").within(0) == ""


def test_a_word_without_end_is_cut():
    short = Shortening("长" * 4000, "长").within(2 * LONGEST_PIECE + 20)
    assert short.strip(f"{GAP}\n") == "长" * (2 * LONGEST_PIECE // 3)


@given(
    st.lists(
        st.sampled_from(["桥面高。", "Deck is high. ", "| a | b |\n", "\n", "x" * 700, "gate "]), max_size=60
    ),
    st.integers(-5, 3_000),
)
def test_it_fits_and_adds_nothing(pieces: list[str], most: int):
    text = "".join(pieces)
    short = Shortening(text, "gate").within(most)
    assert size(short) <= max(most, 0)
    assert short.replace(GAP, "").strip("\n") in text or "| a | b |" in text
    assert all(line in text for line in short.split("\n") if line != GAP)


@given(st.text(alphabet="<|im>[]()3,= \n\u200b【】«a", max_size=60))
def test_cleaning_ends(text: str):
    found = cleaned(text, ("<a>",))
    assert cleaned(found, ("<a>",)) == found
    assert FRAME not in found
    assert "<a>" not in found
