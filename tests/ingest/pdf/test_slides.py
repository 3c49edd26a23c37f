"""What slides and covers have and papers have not: coloured bands, a list of sections at the side."""

from __future__ import annotations

import pymupdf
import pytest

from mmrag.ingest.pdf.clusters import text_frames
from mmrag.ingest.pdf.drawings import Drawing, read_drawings
from mmrag.ingest.pdf.figures import Surroundings, find_figures
from mmrag.ingest.pdf.furniture import Furniture
from mmrag.ingest.pdf.values import Line, RawPage

WIDTH, HEIGHT = 400, 300
SECTIONS = ["Aims", "Sites", "Gauges", "Results", "Costs", "Outlook"]


def line(text: str, x: float, y: float, size: float = 6) -> Line:
    return Line(x, y - size, x + 0.5 * size * len(text), y + 1, y, text, size, "Sans")


def slide(number: int, *body: Line, side: float = 8) -> RawPage:
    at_side = [line(text, side, 80 + 20 * i) for i, text in enumerate(SECTIONS)]
    return RawPage(number, WIDTH, HEIGHT, [*body, *at_side])


def split(pages: list[RawPage]) -> list[list[str]]:
    furniture = Furniture()
    for page in pages:
        furniture.add(page)
    return [[item.text for item in furniture.split(page)] for page in pages]


@pytest.mark.parametrize("side", [8, 350])
def test_a_list_of_sections_at_the_side_of_every_slide_is_left_out(side):
    titles = ["Tides at the pier", "Where we stood", "What we read", "What it took"]
    pages = [slide(n, line(title, 100, 120 + n), side=side) for n, title in enumerate(titles, 1)]
    assert split(pages) == [[title] for title in titles]


def test_points_that_stay_on_the_slide_while_others_come_are_kept():
    pages = [
        slide(n, line("The gauges were read at noon, and again at six by another.", 8, 210))
        for n in range(1, 5)
    ]
    assert split(pages) == [[item.text for item in page.lines] for page in pages]


def test_the_side_of_a_page_higher_than_wide_is_kept():
    pages = [slide(n) for n in range(1, 5)]
    for page in pages:
        page.width, page.height = HEIGHT, WIDTH
    assert split(pages) == [SECTIONS] * 4


def figures_of(*drawings: Drawing, labels: list[Line] | None = None) -> list[tuple[float, ...]]:
    around = Surroundings([], labels or [], [], set(), [], [])
    return find_figures(RawPage(1, WIDTH, HEIGHT), list(drawings), around)


@pytest.mark.parametrize(
    "box",
    [(0, 0, 400, 45), (0, 45, 52, 255), (0, 280, 400, 300), (60, 100, 340, 200)],
    ids=["behind the title", "behind the sections", "behind the footer", "in the middle"],
)
def test_a_plain_coloured_rectangle_is_no_figure(box):
    assert figures_of(Drawing(box, "rectangle", filled=True)) == []


def test_what_is_drawn_on_a_band_is_a_figure():
    band = Drawing((0, 0, 400, 90), "rectangle", filled=True)
    curve = Drawing((150, 25, 250, 80), "path", filled=False)
    assert figures_of(band, curve) == [curve.box]


def test_a_box_with_a_word_beside_an_arrow_is_a_figure():
    boxes = [
        Drawing((100, 100, 160, 140), "rectangle", filled=True),
        Drawing((165, 115, 180, 125), "path", True),
    ]
    assert figures_of(*boxes, labels=[line("Gauge", 110, 122)]) == [(100, 100, 180, 140)]


def node(x: float, text: str) -> tuple[Drawing, Line]:
    return Drawing((x, 100, x + 40, 120), "rectangle", filled=True), line(text, x + 4, 114, size=10)


def test_boxes_that_a_line_joins_frame_no_text():
    (one, first), (two, second) = node(100, "latex"), node(200, "dvips")
    edge = Drawing((140, 110, 199, 110), "rule", filled=False)
    assert text_frames([one, two], [first, second], [], WIDTH) == {one.box, two.box}
    assert text_frames([one, two, edge], [first, second], [], WIDTH) == set()


def test_a_line_along_the_side_of_a_box_joins_nothing():
    box, text = node(100, "notes")
    for side in ((140, 120, 399, 120), (100, 100, 140, 100), (140, 100, 140, 120)):
        assert text_frames([box, Drawing(side, "rule", filled=False)], [text], [], WIDTH) == {box.box}


def test_round_corners_make_no_other_shape():
    with pymupdf.open() as document:
        page = document.new_page()
        page.draw_rect((100, 100, 300, 160), fill=(0.8, 0.8, 1), radius=0.1)
        page.draw_circle((300, 400), 50, fill=(1, 0, 0))
        assert [item.shape for item in read_drawings(page)] == ["rectangle", "path"]
