from __future__ import annotations

from mmrag.api.typeset import _table


def test_a_table_has_the_cells_of_its_rows():
    made = _table("| op | meaning |\n|:--|---|\n| a\\|b | <or> |\n| | and |")
    assert made == (
        "<table><tr><th>op</th><th>meaning</th></tr>"
        "<tr><td>a|b</td><td>&lt;or&gt;</td></tr><tr><td></td><td>and</td></tr></table>"
    )
