from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.errors import ModelError
from mmrag.text.thoughts import Thoughts, without_thoughts


def thought(texts: list[str]) -> str:
    thoughts = Thoughts()
    return "".join([*map(thoughts.add, texts), thoughts.end()])


ALPHABET = st.text(st.sampled_from("ab \n<>/thinkTHINK图"), max_size=20)


@given(
    st.one_of(
        ALPHABET, st.builds("{}<think>{}</think>{}".format, st.sampled_from(["", " \n"]), ALPHABET, ALPHABET)
    ),
    st.data(),
)
def test_thoughts_are_left_out_however_the_answer_is_cut(text: str, data: Any) -> None:
    """Whatever the pieces are, they come to what is read of the whole answer."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    texts = [text[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    if text.count("</think>") < 2 and ("</think>" not in text or text.lstrip().startswith("<think>")):
        assert thought(texts) == without_thoughts(text)


def test_thoughts_whose_beginning_is_in_the_template() -> None:
    assert thought(["\nhm</think>", "\n\nA chart."]) == "A chart."
    with pytest.raises(ModelError, match="reasoning parser"):
        thought(["h", "m</thi", "nk>A chart."])


def test_half_characters_are_put_together() -> None:
    assert thought(["a \ud83d", "\ude00 b"]) == "a 😀 b"
    assert thought(["\ud83d"]) == "\ufffd"
    assert thought(["\ude00"]) == "\ufffd"


def test_thoughts_whose_beginning_is_in_the_prompt() -> None:
    thoughts = Thoughts(thinking=True)
    assert [thoughts.add(text) for text in ("hm", "</thi", "nk>\n", " A ", "chart.")] == [
        "",
        "",
        "",
        "A",
        " chart.",
    ]
    assert Thoughts(thinking=True).end() == ""
