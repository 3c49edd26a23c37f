from __future__ import annotations

from mmrag.ingest.pdf import regions
from mmrag.ingest.pdf.tables import gutters, markdown, rows_of, split_row, to_cells, words_of
from mmrag.ingest.pdf.values import Line, Region, Word
from mmrag.types import Kind

from .conftest import fill, write

ROWS = [
    ("Region", "Orders", "Returned"),
    ("North", "1204", "31"),
    ("South", "998", "12"),
    ("East", "1530", "77"),
    ("West", "640", "9"),
]
AS_MARKDOWN = """| Region | Orders | Returned |
| --- | --- | --- |
| North | 1204 | 31 |
| South | 998 | 12 |
| East | 1530 | 77 |
| West | 640 | 9 |"""


def cells(page, y: float, rules: bool) -> None:
    for i, row in enumerate(ROWS):
        for j, cell in enumerate(row):
            page.insert_text((140 + 120 * j, y + 18 * i), cell, fontsize=10)
    if rules:
        for i in range(len(ROWS) + 1):
            page.draw_line((130, y - 13 + 18 * i), (480, y - 13 + 18 * i))
        for x in (130, 250, 370, 480):
            page.draw_line((x, y - 13), (x, y - 13 + 18 * len(ROWS)))


def only_table(page):
    (table,) = [element for element in page.elements if element.kind is Kind.TABLE]
    return table


def test_a_ruled_table_becomes_markdown_with_its_caption(parse):
    def draw(page):
        fill(page, 80)
        write(page, 140, 240, "Table 3: Orders of the year by region.")
        cells(page, 270, rules=True)
        fill(page, 400)

    _, (page,) = parse(draw, layout="auto")
    table = only_table(page)
    assert table.text == AS_MARKDOWN
    assert table.caption == "Table 3: Orders of the year by region."
    assert table.picture == page.assets[0].id


def test_a_table_without_rules_is_found_too(parse):
    def draw(page):
        fill(page, 80)
        cells(page, 270, rules=False)
        fill(page, 400)

    _, (page,) = parse(draw, layout="auto")
    assert only_table(page).text == AS_MARKDOWN


def test_a_table_printed_by_a_program_is_cut_out_of_its_listing(parse):
    def draw(page):
        fill(page, 80)
        write(
            page,
            72,
            300,
            "> summary(fit)",
            "        coef exp(coef)     z     p",
            "age    0.021     1.021  2.10 0.036",
            "sex   -0.511     0.600 -3.05 0.002",
            "> plot(fit)",
            font="cour",
        )
        fill(page, 400)

    _, (page,) = parse(draw)
    kinds = [(element.kind, element.text) for element in page.elements[1:-1]]
    assert kinds == [
        (Kind.TEXT, "> summary(fit)"),
        (
            Kind.TABLE,
            "| | coef | exp(coef) | z | p |\n| --- | --- | --- | --- | --- |\n"
            "| age | 0.021 | 1.021 | 2.10 | 0.036 |\n| sex | -0.511 | 0.600 | -3.05 | 0.002 |",
        ),
        (Kind.TEXT, "> plot(fit)"),
    ]


def word(x0: float, x1: float, y: float, text: str) -> Word:
    return Word(x0, y, x1, y + 10, text)


def test_rows_hold_words_of_one_height_from_left_to_right():
    words = [word(60, 90, 101, "b"), word(0, 20, 120, "c"), word(0, 20, 100, "a")]
    assert [[w.text for w in row] for row in rows_of(words)] == [["a", "b"], ["c"]]


def test_gutters_are_where_no_row_has_a_word():
    rows = [[word(0, 20, 0, "a"), word(60, 90, 0, "b")], [word(0, 40, 20, "c"), word(70, 90, 20, "d")]]
    assert gutters(rows) == [50.0]


def test_a_phrase_across_a_border_stays_whole_unless_strict():
    row = [word(0, 30, 0, "Pearson"), word(33, 60, 0, "residuals"), word(90, 110, 0, "x")]
    assert split_row(row, [32.0, 80.0]) == ["Pearson residuals", "", "x"]
    assert split_row(row, [32.0, 80.0], strict=True) == ["Pearson", "residuals", "x"]


def test_a_wrapped_cell_joins_the_row_above():
    words = [
        word(0, 30, 0, "border"),
        word(60, 90, 0, "labels"),
        word(100, 130, 0, "with"),
        word(60, 90, 12, "boxes"),
        word(0, 30, 24, "left"),
        word(60, 90, 24, "aligned"),
    ]
    region = Region("table", (0, 0, 130, 34), columns=[45.0], rows=[23.0])
    assert to_cells(words, region, []) == [["border", "labels with boxes"], ["left", "aligned"]]


def test_ruled_rows_are_whole_rows():
    words = [
        word(0, 30, 0, "a"),
        word(60, 90, 0, "one"),
        word(0, 30, 12, "b"),
        word(60, 90, 12, "two"),
        word(0, 9, 30, "c"),
    ]
    region = Region("table", (0, 0, 100, 40), columns=[45.0], rows=[26.0])
    assert to_cells(words, region, [(0, 26, 100, 26.5)]) == [["a b", "one two"], ["c", ""]]


def test_bars_in_cells_are_escaped():
    assert markdown([["a|b", "c"], ["", "d"]]) == "| a\\|b | c |\n| --- | --- |\n|  | d |"


def test_words_of_ocr_lines_are_placed_by_their_letters():
    line = Line(0, 0, 110, 10, 8, "early radical", 10, "", ocr=True)
    first, second = words_of([line])
    assert (first.text, second.text) == ("early", "radical")
    assert first.x1 <= second.x0 <= 60


def spread(*rows: tuple[str, ...], at: tuple[float, ...] = (0, 100, 200), indent: str = "~") -> list[Word]:
    """Words of cells that begin at ``at``, six points a letter; ``indent`` moves a word by half of it."""
    words = []
    for index, row in enumerate(rows):
        for cell, x in zip(row, at, strict=False):
            start = x + (5 if cell.startswith(indent) else 0)
            for text in cell.lstrip(indent).split():
                words.append(Word(start, 14 * index, start + 6 * len(text), 14 * index + 10, text))
                start += 6 * len(text) + 3
    return words


def table(columns: list[float]) -> Region:
    return Region("table", (0, 0, 300, 100), columns)


def test_a_column_that_the_model_missed_is_found():
    words = spread(("Run", "u", "T"), ("first", "12.5", "103.4"), ("second", "24", "68.3"))
    assert to_cells(words, table([90]), [])[1] == ["first", "12.5", "103.4"]


def test_words_of_a_phrase_make_no_column():
    rows = [("What", "Command"), ("list", "ctl list-units"), ("start", "ctl start"), ("stop", "ctl stop it")]
    words = spread(*rows)
    assert to_cells(words, table([90, 120]), []) == [list(row) for row in rows]


def test_columns_a_space_apart_stay_if_they_are_aligned_from_the_head_on():
    rows = [
        ("grp", "v1", "var2"),
        ("Subject", "v2", "<NA>"),
        ("Subject", "v3", "Days"),
        ("Rest", "v4", "<NA>"),
    ]
    words = spread(*rows, at=(0, 100, 118))
    assert to_cells(words, table([90, 115]), []) == [list(row) for row in rows]


def test_a_column_stays_that_is_near_in_some_rows_only():
    rows = [("ab", "one", "x"), ("ab", "two", "y"), ("longest of all", "three", "z"), ("ab", "four", "z")]
    assert to_cells(spread(*rows), table([98, 190]), []) == [list(row) for row in rows]


def test_a_first_cell_goes_on_in_an_indented_line():
    words = spread(("Run", "u"), ("The first that", "12.5"), ("~we ran", ""), ("Women", ""), ("~Young", "3"))
    assert to_cells(words, table([95]), []) == [
        ["Run", "u"],
        ["The first that we ran", "12.5"],
        ["Women", ""],
        ["Young", "3"],
    ]


def test_an_index_stays_in_its_row():
    words = [*spread(("Name", "Share"), ("Psi", "4")), Word(18, 20, 21, 26, "1")]
    assert to_cells(words, table([95]), []) == [["Name", "Share"], ["Psi 1", "4"]]


def test_a_caption_that_the_model_takes_for_the_first_row_is_a_caption(parse, monkeypatch):
    def draw(page):
        write(page, 140, 250, "Table 3.2 Orders of the year by region, and what came back")
        cells(page, 270, rules=False)
        fill(page, 400)

    found = [Region("table", (120, 235, 480, 350), [255, 375]), Region("text", (60, 390, 540, 700))]
    monkeypatch.setattr(regions, "analyse", lambda page: found)
    _, (page,) = parse(draw, layout="always")
    table = only_table(page)
    assert table.caption == "Table 3.2 Orders of the year by region, and what came back"
    assert table.text == AS_MARKDOWN
