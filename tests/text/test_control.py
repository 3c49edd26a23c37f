from hypothesis import given
from hypothesis import strategies as st

from mmrag.text.control import quoted, without_control_tokens


def test_the_models_own_tokens_are_taken_out() -> None:
    assert quoted("a <pic_7> b<pic_7<pic_7>>", 100, ("<pic_7>",)) == "a b<pic_7 >"


def test_what_looks_like_a_token_but_is_text_stays() -> None:
    assert quoted("if a < b | c > d, <b>bold</b>, List<String>, [1]", 100) == (
        "if a < b | c > d, <b>bold</b>, List<String>, [1]"
    )


@given(st.text(max_size=80))
def test_quotes_are_one_line_and_short(text: str) -> None:
    found = quoted(text, 20, ("ab",))
    assert len(found) <= 22
    assert len(found.splitlines()) <= 1
    assert "ab" not in found


def test_lines_stay_lines_and_quotes_stay_quotes() -> None:
    assert without_control_tokens("a<image>b\n\n«c» </s>\x00\u202e\td ") == "a b\n\n«c»  \td "


@given(
    st.lists(st.sampled_from(["<im", "<|", "end", "|>", "age>", "<image>", "ab", "a", "b", " ", "\u200b"]))
)
def test_what_is_taken_out_brings_no_other_together(pieces: list[str]) -> None:
    found = without_control_tokens("".join(pieces), ("ab",))
    assert not any(token in found for token in ("<image>", "<|end|>", "ab", "\u200b"))
    assert without_control_tokens(found, ("ab",)) == found
