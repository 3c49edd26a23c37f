from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest

from mmrag.config import IngestOptions
from mmrag.ingest.pdf import PdfIngestor, reader, regions
from mmrag.ingest.pdf.values import Region
from mmrag.types import Kind

from .conftest import PROSE, fill, write


def texts(page, kind=Kind.TEXT):
    return [element.text for element in page.elements if element.kind is kind]


def test_lines_become_paragraphs_and_hyphens_go(parse):
    def draw(page):
        write(
            page,
            72,
            100,
            "Every element of the docu-",
            "ment is found, however the",
            "lines are broken by it.",
        )
        write(page, 72, 160, "A second paragraph stands", "well below the first one.")

    _, (page,) = parse(draw)
    assert texts(page) == [
        "Every element of the document is found, however the lines are broken by it.",
        "A second paragraph stands well below the first one.",
    ]


def test_indented_first_lines_part_paragraphs(parse):
    def draw(page):
        y = write(page, 72, 100, PROSE[:80], PROSE[80:160], "and so it ends here.")
        y = write(page, 90, y, "A new one begins " + PROSE[:60])
        write(page, 72, y, PROSE[:80], "and that is all.")

    _, (page,) = parse(draw)
    assert len(texts(page)) == 2
    assert texts(page)[1].startswith("A new one begins")


def test_headings_have_levels_and_the_section_goes_on_over_pages(parse):
    def first(page):
        write(page, 72, 90, "1 Methods", size=16, font="hebo")
        fill(page, 100)
        write(page, 72, 300, "1.1 Data", size=13, font="hebo")
        fill(page, 310)

    def second(page):
        fill(page, 100)
        write(page, 72, 300, "2 Results", size=16, font="hebo")
        fill(page, 310)

    _, pages = parse(first, second)
    headings = [
        (e.text, e.metadata["level"], e.section) for p in pages for e in p.elements if e.kind is Kind.HEADING
    ]
    assert headings == [
        ("1 Methods", 1, ()),
        ("1.1 Data", 2, ("1 Methods",)),
        ("2 Results", 1, ()),
    ]
    assert [e.section for e in pages[1].elements] == [("1 Methods", "1.1 Data"), (), ("2 Results",)]


def test_chinese_section_numbers_make_headings_where_they_are_set_larger(parse):
    def draw(page):
        for y, size, line in (
            (80, 22, "水库管理办法"),
            (120, 16, "一、总则"),
            (150, 10.5, "为了保护水库，制定本办法。"),
            (180, 16, "二、管理"),
            (210, 14, "（一）值班"),
            (240, 10.5, "一、值班员每天巡查两次。"),
            (260, 10.5, "二、夜间巡查带上手电"),
            (280, 10.5, "（三）巡查以后填写记录。"),
            (310, 14, "（二）放水"),
            (325, 12, "1. 鸣笛"),
            (340, 10.5, "放水以前鸣笛。"),
            (370, 16, "三、附则"),
            (400, 10.5, "本办法由管理处解释。"),
        ):
            write(page, 72, y, line, size=size, font="china-s")

    _, (page,) = parse(draw)
    headings = [(e.text, e.metadata["level"]) for e in page.elements if e.kind is Kind.HEADING]
    assert headings == [
        ("水库管理办法", 1),
        ("一、总则", 2),
        ("二、管理", 2),
        ("（一）值班", 3),
        ("（二）放水", 3),
        ("1. 鸣笛", 4),
        ("三、附则", 2),
    ]
    sections = {e.text: e.section for e in page.elements if e.kind is Kind.TEXT}
    assert sections["放水以前鸣笛。"] == ("水库管理办法", "二、管理", "（二）放水", "1. 鸣笛")
    assert sections["本办法由管理处解释。"] == ("水库管理办法", "三、附则")


def test_chinese_section_numbers_tell_the_level_where_the_size_does_not(parse):
    def draw(page):
        for y, line in ((80, "第一章 总则"), (150, "一、目的"), (220, "（一）范围"), (290, "二、依据")):
            write(page, 72, y, line, size=16, font="china-s")
            write(page, 72, y + 25, "水库的管理按照", "本办法进行。", size=10.5, font="china-s")
        write(page, 72, 360, "第二章 管理", size=16, font="china-s")

    _, (page,) = parse(draw)
    headings = [(e.text, e.metadata["level"]) for e in page.elements if e.kind is Kind.HEADING]
    assert headings == [
        ("第一章 总则", 1),
        ("一、目的", 2),
        ("（一）范围", 3),
        ("二、依据", 2),
        ("第二章 管理", 1),
    ]


def test_bold_makes_no_heading_where_all_is_bold(parse):
    def draw(page):
        write(page, 72, 80, "Notes on the Weir", size=20, font="hebo")
        for y in range(120, 400, 40):
            write(page, 72, y, "The gauge stands upstream of the weir", size=10, font="hebo")

    _, (page,) = parse(draw)
    assert [e.text for e in page.elements if e.kind is Kind.HEADING] == ["Notes on the Weir"]


def test_bookmarks_give_the_levels(tmp_path: Path):
    document = pymupdf.open()
    for title in ("Beginnings", "Smaller matters"):
        page = document.new_page()
        write(page, 72, 90, title, size=14)
        fill(page, 110)
    document.set_toc([[1, "Beginnings", 1], [2, "Smaller matters", 2]])
    document.save(tmp_path / "toc.pdf")
    _, pages = PdfIngestor().open(tmp_path / "toc.pdf", "toc.pdf", IngestOptions(layout="never"))
    assert [e.metadata["level"] for p in pages for e in p.elements if e.kind is Kind.HEADING] == [1, 2]


def test_header_footer_and_page_number_are_left_out(parse):
    def draw_page(number):
        def draw(page):
            write(page, 72, 50, "The Annual Report of the Society")
            fill(page, 90, f"Page text number {number}. " + PROSE * 3)
            write(page, 290, 800, str(number))
            write(page, 72, 815, "Printed in Vienna")

        return draw

    _, pages = parse(*[draw_page(number) for number in range(1, 7)])
    for page in pages:
        assert len(page.elements) == 1
        assert "Annual Report" not in page.elements[0].text
        assert page.elements[0].text.startswith("Page text")


def test_a_heading_at_the_top_of_a_page_is_not_a_header(parse):
    def draw_page(number):
        def draw(page):
            write(page, 72, 50, "The Annual Report of the Society")
            write(
                page,
                72,
                80,
                f"{number} {('Alpha', 'Beta', 'Gamma', 'Delta', 'Epsilon')[number - 1]}",
                size=15,
                font="hebo",
            )
            fill(page, 100)

        return draw

    _, pages = parse(*[draw_page(number) for number in range(1, 6)])
    assert [e.text for p in pages for e in p.elements if e.kind is Kind.HEADING] == [
        "1 Alpha",
        "2 Beta",
        "3 Gamma",
        "4 Delta",
        "5 Epsilon",
    ]


def test_two_columns_are_read_one_after_the_other(parse):
    def draw(page):
        page.insert_textbox((60, 100, 285, 500), "Left column. " + PROSE * 4 + "Left ends.", fontsize=10)
        page.insert_textbox((310, 100, 535, 500), "Right column. " + PROSE * 4 + "Right ends.", fontsize=10)

    _, (page,) = parse(draw)
    whole = " ".join(texts(page))
    assert whole.index("Left ends.") < whole.index("Right column.")
    assert "Right" not in whole[: whole.index("Left ends.")]


def test_a_listing_keeps_its_lines_and_its_indentation(parse):
    code = [
        "def area(width, height):",
        "    if width < 0:",
        "        raise ValueError(width)",
        "    return width * height",
    ]

    def draw(page):
        fill(page, 80)
        write(page, 72, 300, *code, font="cour")
        fill(page, 400)

    _, (page,) = parse(draw)
    assert texts(page)[1] == "\n".join(code)


def test_list_items_become_one_list(parse):
    def draw(page):
        fill(page, 80)
        y = write(
            page, 80, 300, "1. The first item is short.", "2. The second item is longer and runs over two"
        )
        y = write(page, 92, y, "lines of the page.")
        write(page, 80, y, "3. The third item.")

    _, (page,) = parse(draw)
    assert texts(page)[1].split("\n") == [
        "1. The first item is short.",
        "2. The second item is longer and runs over two lines of the page.",
        "3. The third item.",
    ]


def test_ids_are_stable_and_distinct(make):
    def draw(page):
        for y in (100, 300):
            write(page, 72, y, "The same words stand here twice.")

    path = make(draw)
    first, again = (
        list(PdfIngestor().open(path, "made.pdf", IngestOptions(layout="never"))[1]) for _ in range(2)
    )
    assert len({element.id for element in first[0].elements}) == 2
    assert first == again


def test_text_that_runs_up_the_page_is_kept(parse):
    def draw(page):
        fill(page, 80)
        page.insert_text((560, 600), "Preprint of the fourth of May, not for sale", fontsize=10, rotate=90)

    _, (page,) = parse(draw)
    assert texts(page)[1] == "Preprint of the fourth of May, not for sale"


def test_pages_are_read_as_they_are_asked_for(make, monkeypatch):
    seen = []
    real = reader.read_raw
    monkeypatch.setattr(
        reader, "read_raw", lambda view, number, **more: seen.append(number) or real(view, number, **more)
    )
    path = make(*[lambda page: fill(page, 80)] * 30)
    _, pages = PdfIngestor().open(path, "made.pdf", IngestOptions(layout="never"))
    assert seen == []
    next(pages)
    assert len(seen) < 10
    pages.close()


@pytest.mark.parametrize("title", ["A Study of Foxes", ""])
def test_the_document_says_who_wrote_it(tmp_path: Path, title: str):
    document = pymupdf.open()
    fill(document.new_page(), 80)
    document.set_metadata(
        {"title": title or "thesis.docx", "author": "A. Reynard", "creationDate": "D:20240131120000Z"}
    )
    document.save(tmp_path / "m.pdf")
    found, pages = PdfIngestor().open(tmp_path / "m.pdf", "sub/m.pdf", IngestOptions(layout="never"))
    list(pages)
    assert (found.title, found.path, found.page_count, found.paged) == (title, "sub/m.pdf", 1, True)
    assert found.metadata["author"] == "A. Reynard"
    assert found.metadata["created"] == "2024-01-31"
    assert len(found.id) == 64


def _words_above_a_picture(words):
    def draw(page):
        write(page, 40, 100, words, size=11)
        image = pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 320, 200))
        image.clear_with(90)
        page.insert_image((40, 140, 360, 340), pixmap=image)

    return draw


@pytest.mark.parametrize("name", ["page-header", "page-footer"])
def test_the_only_words_of_a_page_are_no_header(parse, monkeypatch, name):
    _analyse_as(monkeypatch, (name, (30, 85, 400, 110)))
    said = ["The deck is high above the sea.", "Winds from the west were strong.", "Sand moved along."]
    _, pages = parse(*map(_words_above_a_picture, said), layout="always")
    assert [texts(page) for page in pages] == [[words] for words in said]


def _under(head: str, body: list[str], size: float = 11, y: float = 100):
    def both(page):
        write(page, 40, y, head, size=size)
        write(page, 72, 180, *body)

    return both


GATES = ["Gates hold the sea back", "when a storm comes in."]
LOCKS = ["Locks let ships pass", "at any hour of the day."]


def test_words_over_text_are_a_header_but_on_the_first_page(parse, monkeypatch):
    _analyse_as(monkeypatch, ("page-header", (30, 85, 560, 110)), ("text", (60, 160, 560, 600)))
    _, pages = parse(_under("On gates", GATES), _under("Of locks and weirs", LOCKS), layout="always")
    assert [[element.text for element in page.elements] for page in pages] == [
        ["On gates", "Gates hold the sea back when a storm comes in."],
        ["Locks let ships pass at any hour of the day."],
    ]


@pytest.mark.parametrize(
    ("name", "words", "size", "y"),
    [("page-header", "Of locks", 15, 100), ("page-footer", "4. Of weirs", 10, 780)],
    ids=["larger than the text", "numbered, at the end of the page"],
)
def test_a_heading_that_the_model_takes_for_a_header_is_kept(parse, monkeypatch, name, words, size, y):
    _analyse_as(monkeypatch, (name, (30, y - 15, 560, y + 10)), ("text", (60, 160, 560, 600)))
    _, (_, page) = parse(_under("On gates", GATES), _under(words, LOCKS, size, y), layout="always")
    assert words in [element.text for element in page.elements]


def _analyse_as(monkeypatch, *found):
    """Put regions in the place of those that the layout model finds."""
    monkeypatch.setattr(regions, "analyse", lambda page: [Region(name, box) for name, box in found])
