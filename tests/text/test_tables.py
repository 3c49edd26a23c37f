from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmrag.text.tables import Row, cells, is_header, is_rule, table_rows


@pytest.mark.parametrize("line", ["|---|---|", "| :-- | --: | :-: |", " |-|", "---|---", "| --- |\t"])
def test_a_rule(line: str):
    assert is_rule(line)


@pytest.mark.parametrize("line", ["", "| | |", "| a | - |", "|:|", "| — |", "-" * 50_000 + "a"])
def test_no_rule(line: str):
    assert not is_rule(line)


def test_a_header_has_bars_and_its_rule_below():
    assert is_header("| a | b |", "|---|---|")
    assert not is_header("a, b", "-----")
    assert not is_header("| a | b |", "| c | d |")


@pytest.mark.parametrize(
    ("row", "found"),
    [
        ("| a | b |", ["a", "b"]),
        ("a | b", ["a", "b"]),
        ("|  | b |", ["", "b"]),
        ("| a | |", ["a", ""]),
        ("|| b ||", ["", "b", ""]),
        (r"| a\|b | or |", ["a|b", "or"]),
        (r"| a | b\|", ["a", "b|"]),
        ("words", ["words"]),
        ("", [""]),
    ],
)
def test_cells(row: str, found: list[str]):
    assert cells(row) == found


@given(st.lists(st.text(st.sampled_from("ab |"), max_size=5).map(str.strip), min_size=1, max_size=4))
def test_what_is_written_as_a_row_is_read_back(row: list[str]):
    assert cells("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |") == row


def test_rows_have_what_stands_above_them():
    table = "| stage | xray | n |\n|---|---|---|\n| early | no | 41 |\n| | yes | 64 |\n| | | |\nwords"
    above = ("stage", "xray", "n")
    assert list(table_rows(table)) == [
        Row("| early | no | 41 |", ("early", "no", "41"), above, named=True),
        Row("| | yes | 64 |", ("early", "yes", "64"), above, named=True),
        Row("words", ()),
    ]


def test_names_and_values_have_no_header():
    table = "| Name | Eiffel Tower |\n|---|---|\n| Height | 330 m |\n| City | Paris |"
    above = ("Name", "Eiffel Tower")
    assert list(table_rows(table)) == [
        Row("| Name | Eiffel Tower |", above, heads=True),
        Row("| Height | 330 m |", ("Height", "330 m"), above),
        Row("| City | Paris |", ("City", "Paris"), above),
    ]


@pytest.mark.parametrize(
    "below",
    ["| angle | -25.0 |\n| scale | 1 |", "| Hund | dog |\n| Katze | cat |", "| A1 | 3 |\n| B2 | no |"],
)
def test_the_first_row_of_two_columns_is_a_row_too_even_where_it_may_name_them(below: str):
    first, *rows = table_rows(f"| one | two |\n|---|---|\n{below}")
    assert first == Row("| one | two |", ("one", "two"), heads=True)
    assert [row.line for row in rows] == below.split("\n")
    assert all(row.named for row in rows)


def test_a_header_that_is_printed_again_is_no_row():
    table = "| a | b | c |\n|---|---|---|\n| d | e | f |\n| a | b | c |"
    assert [row.line for row in table_rows(table)] == ["| d | e | f |"]


def test_a_header_of_nothing_is_no_row():
    assert list(table_rows("| | |\n|---|---|\n| Height | 330 m |\n| City | Paris |")) == [
        Row("| Height | 330 m |", ("Height", "330 m")),
        Row("| City | Paris |", ("City", "Paris")),
    ]


@given(st.lists(st.sampled_from(["|---|---|", "| a | 1 |", "| | |", "|", "a", "", "---"]), max_size=5))
def test_any_lines_are_read(lines: list[str]):
    found = [row.line for row in table_rows("\n".join(lines))]
    assert all(line.strip() and not is_rule(line) for line in found)
    assert set(found) <= set(lines)
