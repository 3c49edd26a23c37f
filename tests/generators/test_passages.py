from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.generators.cues import Wanted, holds, named_kinds, wanted
from mmrag.generators.passages import LONGEST, is_ended, passages
from mmrag.generators.rows import readable
from mmrag.types import Kind
from tests.generators.making import COSTS, element, hit


def quotes(text: str, kind: Kind = Kind.TEXT, caption: str = "") -> list[str]:
    return [passage.quote for passage in passages([hit([element(text, kind, caption=caption)])])]


def test_sentences():
    text = "The gates are shut by hand. It is let out through all four turbines."
    assert quotes(text) == [text[:27], text[28:]]


def test_a_short_run_of_lines_is_one_quote():
    assert quotes("Chain elongation\n3.0 %\n3.4 %") == ["Chain elongation\n3.0 %\n3.4 %"]


def test_a_long_run_of_lines_is_windows_that_know_its_head():
    lines = [f"Station {letter * 30} 4" for letter in "abcdefgh"]
    found = passages([hit([element("\n".join(["Name Docks", *lines]))])])
    assert found[3].quote == "\n".join(lines[2:5])
    assert "dock" in found[-1].near


def test_empty_first_cells_are_filled_from_above():
    table = "| stage | xray | yes |\n|---|---|---|\n| early | no | 41 |\n| | yes | 64 |\n| late | no | 6 |"
    found = passages([hit([element(table, Kind.TABLE)])])
    assert [passage.shown for passage in found] == [
        "stage: early; xray: no; yes: 41",
        "stage: early; xray: yes; yes: 64",
        "stage: late; xray: no; yes: 6",
    ]
    assert found[1].quote == "| | yes | 64 |"


def test_rows_carry_their_header():
    found = passages([hit([element(COSTS, Kind.TABLE)])])
    assert [passage.shown for passage in found][1] == "Item: Repairs; Cost in 2024: 455; Cost in 2025: 548"
    assert "2025" in found[1].near
    assert "2025" not in found[1].own


def test_a_table_without_a_header_is_quoted_as_it_is():
    assert quotes("| a | b |\n| c | d |", Kind.TABLE) == ["| a | b |", "| c | d |"]


def test_a_header_alone_is_quoted():
    assert quotes("| jog step | 0.01 | 0.001 |\n|---|---|---|", Kind.TABLE) == ["| jog step | 0.01 | 0.001 |"]


@pytest.mark.parametrize(
    ("first", "second", "named"),
    [
        ("| Name | Type | Default |", "| angle | float | -25.0 |", True),
        ("| Item | 2024 | 2025 |", "| Repairs | 455 | 548 |", True),
        ("| 1.0 | 2.5 |", "| 3.5 | 4.5 |", False),
        ("| build | builds a profile from an alignment of many |", "| logo | draws |", False),
    ],
)
def test_a_first_row_of_data_names_no_columns(first: str, second: str, named: bool):
    border = "|".join(["", *["---"] * (first.count("|") - 1), ""])
    found = passages([hit([element(f"{first}\n{border}\n{second}", Kind.TABLE)])])
    assert [passage.quote for passage in found] == ([second] if named else [first, second])
    assert (": " in found[-1].shown) == named


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            "| Name | Eiffel Tower |\n|---|---|\n| Height | 330 m |\n| City | Paris |",
            ["Name; Eiffel Tower", "Height; 330 m", "City; Paris"],
        ),
        (
            "| Name | Default |\n|---|---|\n| angle | -25.0 |",
            ["Name; Default", "Name: angle; Default: -25.0"],
        ),
    ],
)
def test_the_first_of_two_columns_may_be_a_pair_itself(rows: str, said: list[str]):
    assert [passage.shown for passage in passages([hit([element(rows, Kind.TABLE)])])] == said


@pytest.mark.parametrize(
    "text",
    ["y = x**2 + 3", "x**2 + y**2 is 5", "use `ls -l`, or **bold**", "f(**one, **two)", "end a line by <br>"],
)
def test_marks_of_code_are_quoted(text: str):
    (passage,) = passages([hit([element(text)])])
    assert passage.shown == text


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("**Height** of it", "Height of it"),
        ("高度**三百米**以上", "高度三百米以上"),
        ("`ls -l`", "ls -l"),
        ("one<br>two<br/>three", "one two three"),
        ("x**2 + y**2", "x**2 + y**2"),
        ("f(**one, **two)", "f(**one, **two)"),
        ("it's ` and **", "it's ` and **"),
        (r"a \| b", "a | b"),
    ],
)
def test_a_cell_is_shown_without_its_marks(cell: str, said: str):
    table = f"| a | b | c |\n|---|---|---|\n| 1 | 2 | {cell} |"
    (passage,) = passages([hit([element(table, Kind.TABLE)])])
    assert passage.shown == f"a: 1; b: 2; c: {said}"
    assert passage.quote == f"| 1 | 2 | {cell} |"


@pytest.mark.parametrize(
    "line",
    ["总部在北京；", "他说“在北京。”", "（总部在北京。）", "“It is shut.”", "(It is 5 m!)]"],
)
def test_a_sentence_is_ended(line: str):
    assert is_ended(line)


@pytest.mark.parametrize("line", ["", "”)", "Results (2020)", "f(x);", "总部（北京）", "Opening “hours”"])
def test_a_label_is_not_ended(line: str):
    assert not is_ended(line)


def test_sentences_of_short_lines_are_quoted_one_by_one():
    assert quotes("“It is shut.”\n“It is open.”") == ["“It is shut.”", "“It is open.”"]
    assert quotes("open(a);\nshut(b);") == ["open(a);\nshut(b);"]


def test_an_element_that_two_hits_share_is_cut_once():
    shared = element("Only once.")
    assert len(passages([hit([shared]), hit([shared], rank=2)])) == 1


@given(st.text(max_size=3000), st.sampled_from([Kind.TEXT, Kind.TABLE, Kind.FIGURE, Kind.PAGE]))
def test_quotes_stand_in_the_element_and_are_short(text: str, kind: Kind):
    for quote in quotes(text, kind):
        assert quote.strip()
        assert quote in text
        if kind is not Kind.TABLE:
            assert len(quote) <= LONGEST


@given(st.text(max_size=300))
def test_readable_is_one_line_that_cites_nothing(text: str):
    shown = readable(f"{text} [12] a")
    assert "\n" not in shown
    assert "[12]" not in shown


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("How many docks are there?", {Wanted.NUMBER}),
        ("In which year was it built?", {Wanted.DATE}),
        ("Who runs the workshop?", {Wanted.NAME}),
        ("Où et quand a eu lieu la fête ?", {Wanted.PLACE, Wanted.DATE}),
        ("PGF 是哪一年独立出来的？", {Wanted.DATE}),
        ("月票多少钱？", {Wanted.NUMBER}),
        ("Why was it removed?", {Wanted.REASON}),
        ("Which button applies it?", set()),
        ("总共有几名员工？", {Wanted.NUMBER}),
        ("桌边坐了几人？", {Wanted.NUMBER}),
        ("来了几位专家？", {Wanted.NUMBER}),
        ("几点开会？", {Wanted.DATE}),
        ("总部在哪个城市？", {Wanted.PLACE}),
        ("他来自哪国？", {Wanted.PLACE}),
    ],
)
def test_wanted(question: str, kinds: set[Wanted]):
    assert wanted(question) == kinds


def test_a_number_of_the_question_is_not_its_answer():
    number = frozenset({Wanted.NUMBER})
    assert holds(number, "How many of the 80 survived?", "There were 80 men.") == 0
    assert holds(number, "How many of the 80 survived?", "Of 80 men 61 survived.") == 1
    assert holds(number, "How high is it?", "Figure 3: the barrage. 图 2：水位") == 0
    assert holds(frozenset(), "", "61") == 0


@pytest.mark.parametrize(
    ("kind", "text", "is_there"),
    [
        (Wanted.DATE, "It was founded in May of that year.", True),
        (Wanted.DATE, "They met on 3 May and on May 5.", True),
        (Wanted.DATE, "May the road rise to meet you. It may.", False),
        (Wanted.DATE, "So said Theresa May.", False),
        (Wanted.DATE, "公司成立于一九九八年。", True),
        (Wanted.DATE, "学校在二〇〇五年五月三日建成。", True),
        (Wanted.DATE, "历时二十年。", False),
        (Wanted.NUMBER, "共有三百名员工。", True),
        (Wanted.NUMBER, "增长了百分之五。", True),
        (Wanted.NUMBER, "共三千。", True),
        (Wanted.NUMBER, "万一下雨。", False),
    ],
)
def test_what_a_passage_holds(kind: Wanted, text: str, is_there: bool):
    assert holds(frozenset({kind}), "?", text) == is_there


@pytest.mark.parametrize(
    ("question", "kinds"),
    [
        ("图3显示了什么？", {Kind.FIGURE}),
        ("表 2 中的价格", {Kind.TABLE}),
        ("他代表3家公司", set()),
        ("What does the plot show?", {Kind.FIGURE}),
    ],
)
def test_kinds_that_a_question_names(question: str, kinds: set[Kind]):
    assert named_kinds(question) == kinds


def test_a_caption_is_one_quote_and_that_of_a_table_is_none():
    caption = "Figure 1. The barrage. Heights in metres."
    assert quotes("", Kind.FIGURE, caption) == [caption]
    assert quotes(COSTS, Kind.TABLE, "Table 1. Costs.")[0].startswith("| Staff")
    assert quotes("", Kind.TABLE, "Table 1. Costs.") == ["Table 1. Costs."]
