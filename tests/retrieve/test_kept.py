"""What was read stays as long as there is room, and what a question needs is always there."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from mmrag.retrieve.kept import Kept

ROOM = 12


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=12))
def test_all_that_is_asked_for_is_there_and_no_more_than_fits(questions: list[list[int]]) -> None:
    kept: Kept[str] = Kept(ROOM, len)
    asked: list[int] = []
    most = ROOM

    def read(rows: Sequence[int]) -> dict[int, str]:
        asked.extend(rows)
        return {row: row * "x" for row in rows}

    for rows in questions:
        asked.clear()
        found = kept.get(rows, read)
        assert [found[row] for row in rows] == [row * "x" for row in rows]
        most = max(most, sum(set(rows)))
        assert sum(map(len, found.values())) <= most
        asked.clear()
        kept.get(rows, read)
        assert asked == []
