from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.checking import check, supporting_quote
from mmrag.types import FlagKind, Kind
from tests.generators.making import COSTS, STATION, element

TABLE = f"Table 2. Running costs, thousand crowns.\n{COSTS}"
CHINESE = "涨潮时，五座水闸全部打开。三声长鸣表示水位将要上升。电站于1987年投入运行，共有三十名员工。"
SOURCES = [STATION, TABLE, CHINESE]


def found(text: str, sources: list[str] | None = None, question: str = "") -> list[tuple[str, str]]:
    flags = check(text, SOURCES if sources is None else sources, question)
    assert all(text[flag.begin : flag.end] == flag.text for flag in flags)
    return [(flag.kind.value, flag.text) for flag in flags]


@pytest.mark.parametrize(
    "text",
    [
        "The station was commissioned on 14 May 1987 [1].",
        "Commissioned in May 1987, the station runs its four original turbines [1].",
        "A generating run lasts between 4 and 6 hours [1].",
        "Repairs cost 548,000 crowns in 2025, up from 455 thousand in 2024 [2].",
        "In 2025 insurance cost about 140 thousand crowns [2].",
        "The report says: “A generating run lasts between four … six hours.” [1]",
        "五座水闸在涨潮时全部打开[3]。电站于一九八七年投入运行[3]。电站共有30名员工[3]。",
        "The four turbines are the original machines. The director is Marta Oduya. [1]",
        "Running costs in 2025 [2]:\n\n- Staff and training: 612\n- Repairs: 548\n",
        "| Item | Cost in 2025 |\n|---|---|\n| Repairs | 548 |\n| Insurance | 141 |\n\n[2]",
        "# Costs\n\n**Repairs**\n\nWhat did repairs cost?\n\nI hope this helps with your planning work!",
        "The sources do not say how many bridges cross the river.",
        "这些文档没有提到桥梁的数量。",
        "Les documents ne précisent pas le nombre de ponts.",
        "In die Station führen keine Angaben über Brücken.",
        "The station's `turbines[4]` of 1987 are still the original machines [1].",
    ],
)
def test_what_the_sources_bear_out_is_not_flagged(text: str):
    assert found(text) == []


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("The station was commissioned in May 1986 [1].", (FlagKind.NUMBER, "1986")),
        ("The station was commissioned on 14 June 1987 [1].", (FlagKind.NUMBER, "June")),
        ("The station still has its five original turbines [1].", (FlagKind.NUMBER, "five")),
        ("Repairs cost 549 thousand crowns in 2025 [2].", (FlagKind.NUMBER, "549")),
        ("电站共有三十五名员工[3]。", (FlagKind.NUMBER, "三十五")),
        (
            "Its turbines are “the original old machines” [1].",
            (FlagKind.QUOTE, "“the original old machines”"),
        ),
        (
            "Visitors enjoy the harbour museum and its café [1].",
            (FlagKind.UNSUPPORTED, "Visitors enjoy the harbour museum and its café [1]."),
        ),
        ("Its four turbines are old.", (FlagKind.UNCITED, "Its four turbines are old.")),
        ("Turbines are old [1]. 电站有三十名员工。", (FlagKind.UNCITED, "电站有三十名员工。")),
    ],
)
def test_what_they_do_not_is_flagged(text: str, flag: tuple[FlagKind, str]):
    assert found(text) == [flag]


def test_numbers_and_words_of_the_question_need_no_source():
    text = "None of the 77 “blue gates” appear, but its four turbines are the original machines [1]."
    assert found(text, question="What of the 77 blue gates?") == []
    assert [kind for kind, _ in found(text)] == ["number not found", "quote not found"]


def test_a_number_is_sought_in_what_its_own_sentence_cites():
    assert found("Repairs cost 548 [1].", question="Repairs cost?") == [("number not found", "548")]
    assert found("Repairs cost 548 [1][2].") == []


def test_a_sentence_that_the_marker_after_it_does_not_bear_out_cites_nothing():
    text = "The museum has a fine collection of boats. Its four turbines are original machines [1]."
    assert found(text) == [("no citation", "The museum has a fine collection of boats.")]


def test_one_marker_before_does_not_cover_what_follows():
    text = "Its four turbines are original machines [1]. A generating run lasts four hours."
    assert found(text) == [("no citation", "A generating run lasts four hours.")]


def test_a_source_in_another_language_is_not_compared_word_by_word():
    assert found("When the tide rises, all five sluice gates are opened [3].") == []
    assert found("When the tide rises, all 6 sluice gates are opened [3].") == [("number not found", "6")]


def test_a_source_without_words_bears_out_no_number():
    assert found("The curve peaks near the middle of the axis at 40 [1].", [""]) == [
        ("number not found", "40")
    ]


@pytest.mark.parametrize("text", ["", "   ", "[1]", "…", "|---|", "```\nx = 5\n```", "[1] [7]"])
def test_text_that_says_nothing_is_not_flagged(text: str):
    assert found(text) == []


def test_the_quote_of_running_text_is_its_best_sentence():
    quote = supporting_quote("The turbines, four of them, are original", element(STATION))
    assert quote == "Its four turbines are still the original machines."
    assert supporting_quote("It opened in 1987.", element(STATION)).startswith("The station was commissioned")


def test_the_quote_of_a_table_is_a_row_as_it_stands():
    table = element(COSTS, Kind.TABLE, caption="Table 2. Running costs.")
    assert supporting_quote("Repairs rose to 548 thousand.", table) == "| Repairs | 455 | 548 |"
    assert supporting_quote("The table lists running costs.", table) == "Table 2. Running costs."


def test_there_is_no_quote_without_words():
    assert supporting_quote("Anything", element("", Kind.FIGURE)) == ""
    assert supporting_quote("", element("Gates are open.")) == "Gates are open."


def test_there_is_no_quote_where_nothing_speaks_for_one():
    chinese = element("本公司成立于很久以前。食堂每天供应午餐。总部设在北京市，有30人。")
    assert supporting_quote("The headquarters are in Beijing.", chinese) == ""
    assert supporting_quote("There are 30 people there.", chinese) == "总部设在北京市，有30人。"


@given(st.text(alphabet="aB. \n[1]2|-:。“”`#*\t三五%", max_size=60))
def test_places_are_those_of_the_text(text: str):
    for flag in check(text, ["a B 2", ""], "a?"):
        assert text[flag.begin : flag.end] == flag.text != ""


def test_a_table_in_other_letters_is_not_compared_word_by_word():
    assert found("保险费用在2025年为141千克朗[1]。", [TABLE]) == []
    assert found("保险费用在2025年为142千克朗[1]。", [TABLE]) == [("number not found", "142")]
