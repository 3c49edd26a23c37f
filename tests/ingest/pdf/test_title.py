"""The first page of a paper: what stands over its columns, and whose names are no headings."""

from __future__ import annotations

from mmrag.config import IngestOptions
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.order import put_first, top_of_columns
from mmrag.ingest.pdf.outline import Outline, demote_byline, mark_heading
from mmrag.ingest.pdf.rows import to_rows
from mmrag.ingest.pdf.state import DocumentState
from mmrag.ingest.pdf.values import Block, Line, RawPage, Role

WIDTH = 600


def block(text: str, x: float, y: float, width: float, rows: int = 1, size: float = 10, **more) -> Block:
    """Rows of equal width, or, if ``ragged``, of half the width but for the first."""
    ragged = more.pop("ragged", False)
    lines = [
        Line(
            x,
            top,
            x + (width / 2 if ragged and index else width),
            top + size,
            top + size,
            text,
            size,
            "Times",
        )
        for index, top in enumerate(y + 1.2 * size * i for i in range(rows))
    ]
    box = (x, y, x + width, lines[-1].y1)
    return Block(more.pop("role", Role.PARAGRAPH), box, to_rows(lines, Fonts()), text)


def paper() -> dict[str, Block]:
    """In the order in which a layout model gave them: column by column, as if there were no title."""
    heading = {"role": Role.HEADING}
    return {
        "first author": block("Ada Lind", 80, 120, 120, 3, ragged=True, size=12, **heading),
        "abstract": block("Abstract", 60, 250, 60, size=11, **heading),
        "left": block("We read the gauge.", 60, 265, 230, 8),
        "title": block("Tides at the pier", 150, 60, 300, size=20, **heading),
        "second author": block("Bo Quay", 250, 120, 120, 3, ragged=True, size=12, **heading),
        "right": block("It was read twice.", 310, 250, 230, 9),
        "number": block("REPORT-7", 420, 20, 120, size=22, **heading),
        "third author": block("Cy Mole", 420, 120, 120, 3, ragged=True, size=12, **heading),
    }


def test_what_stands_over_the_columns_is_read_first():
    blocks = list(paper().values())
    top = top_of_columns(blocks, WIDTH)
    assert top == 250
    put_first(blocks, top)
    assert [item.text for item in blocks] == [
        "REPORT-7",
        "Tides at the pier",
        "Ada Lind",
        "Bo Quay",
        "Cy Mole",
        "Abstract",
        "We read the gauge.",
        "It was read twice.",
    ]


def test_names_side_by_side_make_no_columns():
    named = paper()
    assert top_of_columns([named["first author"], named["second author"], named["left"]], WIDTH) is None


def test_of_what_stands_over_the_columns_only_the_title_is_a_heading():
    blocks = list(paper().values())
    put_first(blocks, 250)
    demote_byline(blocks, Outline(), RawPage(1, WIDTH, 800), 250)
    assert [item.text for item in blocks if item.role is Role.HEADING] == ["Tides at the pier", "Abstract"]


def test_on_later_pages_headings_over_the_columns_stay():
    blocks = list(paper().values())
    demote_byline(blocks, Outline(), RawPage(2, WIDTH, 800), 250)
    assert sum(item.role is Role.HEADING for item in blocks) == 6


def test_a_caption_in_large_letters_is_no_heading():
    state = DocumentState(IngestOptions(), Outline(), 3)
    for text, role in (("图 1: 潮汐站", Role.PARAGRAPH), ("Tides at the pier", Role.HEADING)):
        one = block(text, 60, 100, 120, size=16)
        mark_heading(one, 1, state, None, hinted=True)
        assert one.role is role


def marked(*texts: str, hinted: str = "", font: str = "Times") -> list[str]:
    """Those that become headings, one after the other; only ``hinted`` is one for the layout model."""
    state = DocumentState(IngestOptions(), Outline(), 3)
    found = []
    for text in texts:
        one = block(text, 60, 100, 120)
        one.rows[0].lines[0].font = font
        if text == hinted:
            one.role = Role.HEADING
        else:
            mark_heading(one, 1, state, None, hinted=False)
        if one.role is Role.HEADING:
            state.outline.enter(one, 1)
            found.append(text)
    return found


def test_a_numbered_line_in_the_style_of_a_heading_is_one():
    texts = ("3.4.1 Data", "3.4.3 Steps", "3.4.4 Gauges", "3.5 metres of water", "Words")
    assert marked(*texts, hinted="3.4.3 Steps") == ["3.4.3 Steps", "3.4.4 Gauges"]


def test_a_numbered_line_in_capitals_is_a_heading():
    assert marked("1. INTRODUCTION", "2 kg", "3 TO", "Tides") == ["1. INTRODUCTION"]


def test_a_box_beside_the_text_begins_no_section():
    state = DocumentState(IngestOptions(), Outline(), 3)
    for text, role in (("Warning:", "paragraph"), ("提示", "paragraph"), ("Warnings of storms", "heading")):
        one = block(text, 60, 100, 120, size=16)
        mark_heading(one, 1, state, None, hinted=True)
        assert one.role == role, text
