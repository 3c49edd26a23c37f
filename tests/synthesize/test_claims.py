from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.synthesize.claims import claims, without_markers

TABLE = "| Item | Cost |\n|---|---|\n| Repairs | 5 |\n| Staff | 6 |"


def cut(text: str, known: int = 9) -> list[tuple[str, list[int], list[int]]]:
    return [
        (text[claim.begin : claim.end], claim.cited, claim.inherited)
        for claim in claims(text, known)
        if not claim.introduces
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Costs rose [1]. Income fell[2].", [("Costs rose [1].", [1], []), ("Income fell[2].", [2], [])]),
        ("Costs rose. [1] Income fell.[2]", [("Costs rose.", [1], []), ("Income fell.", [2], [])]),
        ("费用上升。[1]收入下降[2]。", [("费用上升。", [1], []), ("收入下降[2]。", [2], [])]),
        ("He said “No. Go.” [1] Then he left.", [("He said “No. Go.”", [1], []), ("Then he left.", [], [])]),
        ("One [1] and two [2][3].", [("One [1] and two [2][3].", [1, 2, 3], [])]),
        ("Costs rose.\n[1] Income fell.", [("Costs rose.", [], [1]), ("Income fell.", [1], [])]),
        ("Costs rose.\n\n[1]", [("Costs rose.", [1], [])]),
        (f"Costs rose [{'9' * 5000}].", [(f"Costs rose [{'9' * 5000}].", [], [])]),
        ("Costs rose [8].", [("Costs rose [8].", [], [])]),
    ],
)
def test_a_marker_belongs_to_its_sentence(text: str, expected: list[tuple[str, list[int], list[int]]]):
    assert cut(text, known=7) == expected


def test_a_wrapped_line_is_one_sentence():
    text = "The punctuality of all the boats in the harbour fell in 2024 to\n91.2 percent [1]."
    assert cut(text) == [(text, [1], [])]


def test_a_paragraph_may_rest_on_the_markers_at_its_end():
    assert cut("A rose. B fell. C stayed [2].") == [
        ("A rose.", [], [2]),
        ("B fell.", [], [2]),
        ("C stayed [2].", [2], []),
    ]
    assert [inherited for _, _, inherited in cut("A rose [1]. B fell. C stayed [2].")] == [[], [], []]
    assert [inherited for _, _, inherited in cut("A rose.\n\nC stayed [2].")] == [[], []]


def test_a_list_may_rest_on_the_sentence_before_it():
    assert cut("Costs were [1]:\n- Repairs: 5\n- Staff: 6\n\nIncome fell.") == [
        ("Repairs: 5", [], [1]),
        ("Staff: 6", [], [1]),
        ("Income fell.", [], []),
    ]


@pytest.mark.parametrize(
    "text", [f"Costs [1]:\n\n{TABLE}", f"{TABLE}\n\n[1]", f"{TABLE}\n\nThis is from [1]."]
)
def test_a_table_may_rest_on_what_stands_beside_it(text: str):
    rows = [(claim, inherited) for claim, _, inherited in cut(text) if claim.startswith("|")]
    cited = [number for _, numbers, _ in cut(text) for number in numbers]
    assert [claim for claim, _ in rows] == ["| Repairs | 5 |", "| Staff | 6 |"]
    assert rows[0][1] == [1]
    assert rows[1][1] == [1] or cited == [1]


def test_what_stands_under_a_heading_may_rest_on_its_marker():
    assert cut("## Costs [3]\n\nRepairs rose.") == [("Repairs rose.", [], [3])]


@pytest.mark.parametrize(
    "text", ["# Costs", "**Costs**", "The costs are:", "费用如下：", TABLE.split("\n| Rep")[0]]
)
def test_headings_introductions_and_heads_claim_nothing(text: str):
    assert all(claim.introduces for claim in claims(text, 9))


@pytest.mark.parametrize(
    "end",
    [
        "Sources:\n[1] Report 2019, page 3\n[2] Notes",
        "## References\n\n- [1] a.pdf",
        "来源：[1]",
        "**来源**\n[1] 年报",
    ],
)
def test_a_list_of_sources_claims_nothing(end: str):
    assert cut(f"Costs rose [1].\n\n{end}") == [("Costs rose [1].", [1], [])]
    assert cut("Sources:\n[1] Report\n\nCosts fell.")[-1] == ("Costs fell.", [], [])
    assert cut("The sources: many rose [1].") == [("The sources: many rose [1].", [1], [])]


def test_code_is_no_claim():
    assert cut("```\nx = a[1]\n```\nIt adds `a[2]` up.") == [("It adds `a[2]` up.", [], [])]


@given(st.text(alphabet="aB. \n[1]2|-:。“”`#*\t", max_size=60))
def test_places_are_within_the_text_and_in_order(text: str):
    bare = without_markers(text)
    assert len(bare) == len(text)
    found = claims(text, 2)
    places = [place for claim in found for place in (claim.begin, claim.end)]
    assert places == sorted(places)
    assert all(0 <= claim.begin < claim.end <= len(text) for claim in found)
    assert {number for claim in found for number in claim.cited + claim.inherited} <= {1, 2}
