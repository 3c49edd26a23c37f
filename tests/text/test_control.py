import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.cleaning import cleaned
from mmrag.text import control
from mmrag.text.control import quoted, without_control_tokens

FAMILIES = """
<|im_start|> <|im_end|> <|endoftext|> <|vision_start|> <|image_pad|> <|user|> <|assistant|>
<|observation|> <|start_header_id|> <|eot_id|> <|begin_of_text|> <｜User｜> <|turn> <turn|>
<|START_OF_TURN_TOKEN|> <|image_1|> [|user|] [|endofturn|] [INST] [/INST] <<SYS>> <</SYS>> [IMG]
[SYSTEM_PROMPT] [/SYSTEM_PROMPT] [TOOL_RESULTS] [THINK] [gMASK] <sop> <s> </s> <bos> <eos> <image>
<image1> <image_2> <video> <img> </img> <IMG_CONTEXT> <ImageHere> <start_of_turn> <end_of_turn>
<start_of_image> <end_of_utterance> <image_soft_token> <fake_token_around_image> <global-img>
<row_1_col_2> <im_start> <im_end> <im_patch> <image_placeholder> <unused7> <think> </think>
<tool_call> </tool_call>
"""


def test_the_models_own_tokens_are_taken_out() -> None:
    assert quoted("a <pic_7> b<pic_7<pic_7>>", 100, ("<pic_7>",)) == "a b<pic_7 >"


def test_the_tokens_of_the_common_families_are_taken_out() -> None:
    for token in FAMILIES.split():
        assert quoted(f"a{token}b", 100) == "a b", token


def test_letters_that_leave_no_trace_are_taken_out() -> None:
    hidden = "".join(chr(code) for code in (0x115F, 0x3164, 0xFFA0, 0x34F, 0xFE00, 0xE0101, 0xE0041, 0x200B))
    assert quoted(f"a{hidden}b", 100) == "ab"


def test_what_looks_like_a_token_but_is_text_stays() -> None:
    assert quoted("if a < b | c > d, <b>bold</b>, List<String>, <x|y>, [x], <ref>, [MASK], [1]", 100) == (
        "if a < b | c > d, <b>bold</b>, List<String>, <x|y>, [x], <ref>, [MASK], [1]"
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


@pytest.mark.parametrize(
    ("nested", "special"),
    [("<|{}|>", ()), ("[|{}|]", ()), ("<|{}<|b|>|>", ()), ("< {}x>", ("< x>",)), ("<|{}x>", ("<| x>",))],
)
def test_tokens_within_tokens_cost_no_more_the_deeper_they_lie(
    monkeypatch: pytest.MonkeyPatch, nested: str, special: tuple[str, ...]
) -> None:
    passes = 0

    class Counting:
        def sub(self, by: str, text: str) -> str:
            nonlocal passes
            passes += 1
            return whole.sub(by, text)

    whole = control.CONTROL
    monkeypatch.setattr(control, "CONTROL", Counting())
    begin, end = nested.split("{}")
    text = "before " + begin * 5000 + "<s>" + end * 5000 + " after"
    found = without_control_tokens(text, special)
    assert passes < 12
    assert without_control_tokens(found, special) == found
    assert found.split() == ["before", "after"] if not special else not any(map(found.count, special))
    passes = 0
    cleaned(text, special)
    assert passes < 40


@given(st.lists(st.sampled_from(["<|", "|>", "[|", "|]", "<", ">", "|", "a", "s", " "]), max_size=200))
def test_nothing_deep_is_left_either(pieces: list[str]) -> None:
    text = "<|" * 9 + "".join(pieces) + "|>" * 9
    found = without_control_tokens(text)
    assert control.CONTROL.search(found) is None
    assert without_control_tokens(found) == found
