from __future__ import annotations

import pymupdf
import pytest

from mmrag.config import IngestOptions
from mmrag.ingest.pdf import PdfIngestor
from mmrag.ingest.pdf.lines import in_picture, put_in
from mmrag.ingest.pdf.paragraphs import normal
from mmrag.ingest.pdf.values import RawPage
from mmrag.text.normalise import normalise
from mmrag.types import BBox, Kind, Line
from mmrag.vision.ocr import OcrLine

from .conftest import PROSE, fill, write
from .test_pdf_figures import photo


def texts(page):
    return [line.text for line in page.lines]


def test_no_character_that_needs_normalising_is_taken_for_a_usual_one():
    for code in range(0x10000):
        text = f"a{chr(code)}b{chr(code)}"
        assert normal(text) == normalise(text), hex(code)


def test_a_page_has_its_lines_with_their_places(parse):
    def draw(page):
        write(page, 72, 100, "The first\u00a0line", "and  the second")
        write(page, 72, 140, "A heading", size=20)

    _, (page,) = parse(draw)
    assert texts(page) == ["The first line", "and the second", "A heading"]
    first, second, third = (line.bbox for line in page.lines)
    assert first.x0 == second.x0 == third.x0 == pytest.approx(72 / 595, abs=1e-3)
    assert first.y0 < 100 / 842 < first.y1 + 0.01
    assert third.y1 - third.y0 > 1.5 * (first.y1 - first.y0)


def test_a_row_of_a_table_is_one_line(parse):
    def draw(page):
        for row, cells in enumerate([("Country", "Area", "People"), ("Chile", "756", "19.6")] * 3):
            for column, cell in enumerate(cells):
                write(page, 72 + 150 * column, 100 + 16 * row, cell)

    _, (page,) = parse(draw)
    assert texts(page) == ["Country Area People", "Chile 756 19.6"] * 3


def test_columns_are_read_one_after_the_other(parse):
    def draw(page):
        for side, word in ((72, "left"), (320, "right")):
            for row in range(6):
                write(page, side, 100 + 14 * row, f"{word} {row} goes on to the end of its column")

    _, (page,) = parse(draw)
    assert [text.split(" goes")[0] for text in texts(page)] == [
        *(f"left {row}" for row in range(6)),
        *(f"right {row}" for row in range(6)),
    ]


def test_words_on_their_side_come_last_and_headers_are_left_out(parse):
    def draw(page):
        write(page, 72, 40, "The running head of it all")
        page.insert_text((560, 400), "Manuscript of a friend", fontsize=10, rotate=90)
        fill(page, 80)

    _, pages = parse(draw, draw, draw)
    for page in pages:
        assert "The running head of it all" not in texts(page)
        assert texts(page)[-1] == "Manuscript of a friend"
        assert " ".join(texts(page)[:-1]).split() == (PROSE * 3).split()


def test_words_that_ocr_reads_in_a_figure_stand_where_it_stands(parse, monkeypatch):
    read = [
        OcrLine("EMERGENCY", BBox(0.0, 0.0, 0.4, 0.25), 0.99),
        OcrLine("STOP", BBox(0.5, 0.0, 1.0, 0.25), 0.99),
        OcrLine("reset", BBox(0.0, 0.5, 1.0, 0.75), 0.99),
    ]
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: read)

    def draw(page):
        fill(page, 80)
        page.insert_image((150, 250, 450, 450), stream=photo())
        fill(page, 500)

    _, (page,) = parse(draw, layout="auto", ocr="auto")
    (figure,) = [element for element in page.elements if element.kind is Kind.FIGURE]
    assert figure.text == "EMERGENCY\nSTOP\nreset"
    place = texts(page).index("EMERGENCY STOP")
    assert texts(page)[place + 1] == "reset"
    above, inside, below = (page.lines[index].bbox for index in (place - 1, place, place + 2))
    assert above.y1 < inside.y0
    assert inside.y1 < below.y0
    assert inside.as_tuple() == pytest.approx((150 / 595, 250 / 842, 450 / 595, 300 / 842), abs=0.01)


def test_the_lines_of_a_scan_are_those_of_ocr(tmp_path, monkeypatch):
    read = [
        OcrLine("Country", BBox(0.1, 0.10, 0.3, 0.12), 0.99),
        OcrLine("Area", BBox(0.6, 0.10, 0.8, 0.12), 0.99),
        OcrLine("The first line of a longer paragraph", BBox(0.1, 0.2, 0.9, 0.22), 0.99),
    ]
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: read)
    document = pymupdf.open()
    page = document.new_page()
    page.insert_image(page.rect, stream=photo(595, 842))
    document.save(tmp_path / "scan.pdf")
    _, pages = PdfIngestor().open(tmp_path / "scan.pdf", "scan.pdf", IngestOptions(layout="never"))
    (parsed,) = pages
    assert texts(parsed) == ["Country Area", "The first line of a longer paragraph"]
    assert parsed.lines[0].bbox.as_tuple() == pytest.approx((0.1, 0.1, 0.8, 0.12))


def test_lines_of_a_picture_are_placed_in_its_box():
    raw = RawPage(1, 200.0, 400.0)
    found = in_picture([Line("a", BBox(0.5, 0.25, 1, 0.5)), Line("nowhere")], (100, 200, 200, 400), raw)
    assert found == [Line("a", BBox(0.75, 0.625, 1.0, 0.75))]


def test_lines_of_a_picture_go_before_what_stands_below_it_in_its_column():
    top, beside, below = (
        Line("top", BBox(0.1, 0.1, 0.4, 0.2)),
        Line("beside", BBox(0.6, 0.8, 0.9, 0.9)),
        Line("below", BBox(0.1, 0.6, 0.4, 0.7)),
    )
    picture = [Line("in it", BBox(0.2, 0.4, 0.3, 0.5))]
    for lines, expected in (
        ([top, beside, below], [top, beside, *picture, below]),
        ([top], [top, *picture]),
        ([], picture),
    ):
        put_in(lines, picture)
        assert lines == expected
        put_in(lines, [])
        assert lines == expected
