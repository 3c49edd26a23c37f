"""The counting of trials itself."""

from __future__ import annotations

import pytest

from tests.stress.table import Row, Trials, markdown


@pytest.mark.parametrize(("counts", "wanted"), [("smoke", 1), ("ci", 2), ("stress", 3)])
def test_counts_are_chosen(counts: str, wanted: int) -> None:
    row = Row("a", "b")
    assert list(Trials(row, counts)(smoke=1, ci=2, stress=3)) == list(range(wanted))
    assert row.made == wanted


def test_trials_that_did_not_hold_stand_out() -> None:
    whole, short, failed = Row("x", "always", 2, 2), Row("y", "never", 2, 1), Row("z", "once", 1, 1, 1)
    short.notes = ["1 ms", "2 ms"]
    assert markdown([whole, short, failed], "ci", "c0ffee").splitlines()[2:] == [
        "| x | 2 | 2 | always | 0 |  | c0ffee |",
        "| y | 2 | **1** | never | 0 | 1 ms; 2 ms | c0ffee |",
        "| z | 1 | **1** | once | 0 |  | c0ffee |",
    ]


def test_a_row_that_is_counted_again_replaces_its_line() -> None:
    first = markdown([Row("x", "always", 2, 1), Row("y", "never", 1, 1)], "ci", "old")
    again = [Row("x", "always", 2, 2), Row("z", "once", 1, 1)]
    assert markdown(again, "ci", "new", first).splitlines()[2:] == [
        "| x | 2 | 2 | always | 0 |  | new |",
        "| y | 1 | 1 | never | 0 |  | old |",
        "| z | 1 | 1 | once | 0 |  | new |",
    ]


def test_rows_of_other_counts_are_not_mixed() -> None:
    smaller = markdown([Row("x", "always", 2, 2)], "ci", "old")
    table = markdown([Row("y", "never", 9, 9)], "stress", "new", smaller)
    assert table == markdown([Row("y", "never", 9, 9)], "stress", "new")
