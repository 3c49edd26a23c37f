from hypothesis import given
from hypothesis import strategies as st

from mmrag.ingest.markup.lines import lines_of
from mmrag.text.script import is_cjk
from mmrag.types import Kind, Line


def texts(kind: Kind, text: str, caption: str = "") -> list[str]:
    found = list(lines_of(kind, text, caption))
    assert all(line == Line(line.text, None) for line in found)
    return [line.text for line in found]


def test_a_passage_is_cut_at_its_sentences() -> None:
    assert texts(Kind.TEXT, "One is short. The next one, too.\nA third") == [
        "One is short.",
        "The next one, too.",
        "A third",
    ]


def test_a_long_sentence_is_broken_between_words() -> None:
    words = ["seven"] * 40
    lines = texts(Kind.TEXT, " ".join(words))
    assert " ".join(lines).split() == words
    assert [len(line) for line in lines] == [95, 95, 47]


def test_chinese_is_broken_anywhere() -> None:
    assert [len(line) for line in texts(Kind.TEXT, "催化剂的产量" * 20)] == [50, 50, 20]


def test_a_table_has_its_rows_without_borders_and_its_caption_last() -> None:
    table = "| Name | a \\| b |\n| --- | --- |\n| Chile |  |"
    assert texts(Kind.TABLE, table, "Table 1: All.") == ["Name a | b", "Chile", "Table 1: All."]


def test_nothing_has_no_lines() -> None:
    assert texts(Kind.FIGURE, "") == []
    assert texts(Kind.TEXT, " \n ") == []


@given(st.text(alphabet="ab cd\n.。中文", max_size=600))
def test_nothing_is_lost_and_only_long_words_are_wide(text: str) -> None:
    lines = texts(Kind.TEXT, text)
    assert "".join("".join(lines).split()) == "".join(text.split())
    for line in lines:
        width = sum(2 if is_cjk(char) else 1 for char in line)
        assert width <= 100 or max(map(len, line.split())) > 40
