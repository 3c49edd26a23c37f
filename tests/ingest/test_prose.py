from mmrag.ingest.prose import Paragraph, is_mostly_text, paragraphs, plain_text, rows_of
from mmrag.types import BBox, Line
from mmrag.vision.ocr import OcrLine

FULL = "a line of prose that is as long as its column is"


def line(text: str, y: float, x0: float = 0.1, x1: float = 0.9, height: float = 0.02) -> OcrLine:
    return OcrLine(text, BBox(x0, y, x1, y + height), 1.0)


def texts(lines: list[OcrLine]) -> list[str]:
    return [paragraph.text for paragraph in paragraphs(lines, 0.7)]


def test_lines_of_a_paragraph_are_joined_and_hyphens_rejoined() -> None:
    lines = [line("The water rises in the har-", 0.1), line("bour twice a day,", 0.13, x1=0.5)]
    assert paragraphs(lines, 0.7) == [
        Paragraph("The water rises in the harbour twice a day,", BBox(0.1, 0.1, 0.9, 0.15))
    ]


def test_a_gap_an_indent_a_short_line_and_a_larger_print_begin_a_paragraph() -> None:
    assert texts([line("one", 0.1), line("two", 0.15)]) == ["one", "two"]
    assert texts([line("one", 0.1), line("two", 0.13, x0=0.15)]) == ["one", "two"]
    assert texts([line("first", 0.1), line("short", 0.13, x1=0.4), line("next", 0.16)]) == [
        "first short",
        "next",
    ]
    assert texts([line("Title", 0.1, height=0.04), line("text", 0.145)]) == ["Title", "text"]


def test_columns_are_not_joined() -> None:
    lines = [line("left", 0.5, x1=0.45), line("right", 0.1, x0=0.55)]
    assert texts(lines) == ["left", "right"]


def test_rows_of_cells_are_one_block() -> None:
    cells = [
        line(f"{row}{column}", 0.1 + 0.03 * n, x0=x, x1=x + 0.05)
        for n, row in enumerate("abc")
        for column, x in ((1, 0.1), (2, 0.5))
    ]
    assert texts([line(FULL, 0.06), *cells, line(FULL, 0.2)]) == [FULL, "a1 a2\nb1 b2\nc1 c2", FULL]


def test_a_page_of_prose_is_mostly_text_and_a_chart_is_not() -> None:
    prose = [line(FULL, 0.1 + 0.03 * n) for n in range(6)]
    labels = [line(str(n), 0.1 + 0.03 * n, x1=0.13) for n in range(12)]
    assert is_mostly_text(prose)
    assert not is_mostly_text(labels)
    assert not is_mostly_text([*prose[:2], *labels])
    assert not is_mostly_text([])


def test_chinese_characters_count_for_two() -> None:
    chinese = [line("\u6f6e\u6c50" * 7, 0.1 + 0.03 * n) for n in range(6)]
    assert is_mostly_text(chinese)


def test_the_words_of_a_figure_are_read_row_by_row() -> None:
    lines = [line("Rain", 0.1, 0.1, 0.2), line("200", 0.5, 0.1, 0.2), line("mm", 0.1, 0.5, 0.6)]
    assert plain_text(lines) == "Rain mm\n200"


def test_rows_of_a_picture_are_lines_with_their_boxes() -> None:
    labels = [line("b", 0.5, x0=0.6), line("a", 0.5, x1=0.2), line("c", 0.25)]
    assert rows_of(labels) == [
        Line("c", BBox(0.1, 0.25, 0.9, 0.27)),
        Line("a b", BBox(0.1, 0.5, 0.9, 0.52)),
    ]
    assert rows_of([]) == []
