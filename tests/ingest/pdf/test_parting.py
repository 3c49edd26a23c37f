"""Tables that run over captions and headings are cut at them."""

from __future__ import annotations

from mmrag.ingest.pdf.parting import part_tables
from mmrag.ingest.pdf.values import Box, Line, Region


def line(text: str, x0: float, y0: float, size: float) -> Line:
    return Line(x0, y0, x0 + len(text) * size, y0 + size, y0 + size, text, size, "Times")


def region(name: str, box: Box, *texts: str, rows: tuple[float, ...] = ()) -> Region:
    height = (box[3] - box[1]) / max(1, len(texts))
    lines = [line(text, box[0], box[1] + height * at, size=height) for at, text in enumerate(texts)]
    return Region(name, box, rows=list(rows), columns=[40.0, 60.0], lines=lines)


def names(found: list[Region]) -> list[tuple[str, list[str]]]:
    return [(one.name, [each.text for each in one.lines]) for one in found]


def test_a_plot_and_a_table_that_the_model_joined_come_apart() -> None:
    table = region("table", (0, 0, 100, 100), *"abcdefghij", rows=(5, 15, 85))
    caption = region("caption", (0, 30, 100, 39), "Figure 2. A plot")
    heading = region("section-header", (0, 40, 50, 49), "3.1 Numbers")
    label = region("caption", (0, 50, 100, 59), "Table 1. Numbers")
    table.lines = [one for one in table.lines if not 3 <= "abcdefghij".index(one.text) < 6]
    before, after = region("text", (0, -20, 100, -10), "before"), region("text", (0, 110, 100, 120), "after")
    found = part_tables([before, table, caption, heading, label, after])
    assert names(found) == [
        ("text", ["before"]),
        ("picture", ["a", "b", "c"]),
        ("caption", ["Figure 2. A plot"]),
        ("section-header", ["3.1 Numbers"]),
        ("caption", ["Table 1. Numbers"]),
        ("table", ["g", "h", "i", "j"]),
        ("text", ["after"]),
    ]
    assert (found[5].rows, found[5].columns) == ([85], [])


def test_two_tables_with_captions_above_come_apart() -> None:
    table = region("table", (0, 0, 100, 100), *"abcdefghij")
    table.lines = [one for one in table.lines if one.text not in "ae"]
    first = region("caption", (0, 1, 100, 9), "表 1：甲")
    second = region("caption", (0, 41, 100, 49), "表 2：乙")
    assert names(part_tables([first, table, second])) == [
        ("caption", ["表 1：甲"]),
        ("table", ["b", "c", "d"]),
        ("caption", ["表 2：乙"]),
        ("table", ["f", "g", "h", "i", "j"]),
    ]


def test_a_caption_below_a_plot_says_nothing_of_the_table_under_it() -> None:
    table = region("table", (0, 0, 100, 100), *"abcdefghij")
    table.lines = [one for one in table.lines if one.text != "e"]
    caption = region("caption", (0, 41, 100, 49), "Figure 1: A plot")
    assert [one.name for one in part_tables([table, caption])] == ["picture", "caption", "table"]


def test_other_tables_stay_as_they_are() -> None:
    table = region("table", (0, 0, 100, 100), *"abc")
    others = [
        region("caption", (0, 102, 100, 110), "Table 1. Below"),
        region("text", (0, 20, 100, 30), "a note in it"),
        region("caption", (0, 40, 100, 50)),
    ]
    found = [table, *others]
    assert part_tables(found) == found
