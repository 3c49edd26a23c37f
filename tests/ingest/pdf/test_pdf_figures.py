"""Figures, with the real layout model, on pages drawn here."""

from __future__ import annotations

import io
from itertools import pairwise

import pytest
from PIL import Image, ImageDraw

from mmrag.types import BBox, Kind

from .conftest import PROSE, fill, write

SIZE = (595, 842)


def plot(page, x: float, y: float, width: float = 260, height: float = 160) -> BBox:
    """A line plot with axes and labels; returns the box of all of it."""
    page.draw_rect((x, y, x + width, y + height))
    points = [(x + width * i / 40, y + height * (0.5 + 0.4 * ((i * 7) % 13 - 6) / 6)) for i in range(41)]
    for a, b in pairwise(points):
        page.draw_line(a, b, color=(0.8, 0, 0))
    for i in range(5):
        page.insert_text((x + width * i / 4 - 4, y + height + 12), str(10 * i), fontsize=8)
    page.insert_text((x + width / 2 - 20, y + height + 26), "Weeks", fontsize=9)
    return BBox.from_points(x - 4, y, x + width + 4, y + height + 28, *SIZE)


def of_kind(page, kind):
    return [element for element in page.elements if element.kind is kind]


def test_a_drawn_plot_is_one_figure_with_its_caption(parse):
    gold = []

    def draw(page):
        fill(page, 80)
        gold.append(plot(page, 160, 250))
        write(page, 150, 470, "Figure 1: Growth of the fox population over forty weeks.")
        fill(page, 500)

    _, (page,) = parse(draw, layout="auto")
    (figure,) = of_kind(page, Kind.FIGURE)
    assert page.error is None
    assert figure.bbox is not None
    assert figure.bbox.iou(gold[0]) > 0.85
    assert figure.caption == "Figure 1: Growth of the fox population over forty weeks."
    assert "Weeks" in figure.text
    assert all("Figure 1" not in element.text for element in page.elements)
    (asset,) = page.assets
    assert figure.picture == asset.id
    assert asset.media_type == "image/png"
    picture = Image.open(io.BytesIO(asset.data)).convert("RGB")
    assert abs(picture.width - (figure.bbox.x1 - figure.bbox.x0) * SIZE[0] * 2) < 20
    assert any(r > 150 and g < 80 for _, (r, g, _) in picture.getcolors(100_000))


def test_panels_over_one_caption_are_one_figure(parse):
    def draw(page):
        fill(page, 80)
        plot(page, 80, 250, width=180)
        plot(page, 310, 250, width=180)
        write(page, 100, 470, "Figure 2: Left the foxes, right the hens.")
        fill(page, 500)

    _, (page,) = parse(draw, layout="auto")
    (figure,) = of_kind(page, Kind.FIGURE)
    assert figure.caption == "Figure 2: Left the foxes, right the hens."


def test_figures_with_their_own_captions_stay_apart(parse):
    def draw(page):
        plot(page, 160, 80, height=120)
        write(page, 150, 260, "Figure 1: The foxes.")
        plot(page, 160, 330, height=120)
        write(page, 150, 510, "Figure 2: The hens.")
        fill(page, 550)

    _, (page,) = parse(draw, layout="auto")
    assert [figure.caption for figure in of_kind(page, Kind.FIGURE)] == [
        "Figure 1: The foxes.",
        "Figure 2: The hens.",
    ]


def test_a_frame_around_text_is_no_figure(parse):
    def draw(page):
        fill(page, 80)
        page.draw_rect((66, 236, 530, 300), fill=(0.9, 0.9, 0.9), color=(0.9, 0.9, 0.9))
        write(page, 72, 250, "$ make test", "$ make demo", "$ make clean", font="cour")
        fill(page, 330)

    _, (page,) = parse(draw, layout="always")
    assert of_kind(page, Kind.FIGURE) == []
    assert "$ make test\n$ make demo\n$ make clean" in [element.text for element in page.elements]


def photo(width: int = 300, height: int = 200) -> bytes:
    picture = Image.new("RGB", (width, height), "skyblue")
    pen = ImageDraw.Draw(picture)
    for i in range(0, width, 6):
        pen.ellipse((i, i % height, i + 40, i % height + 30), fill=(i % 255, 90, 255 - i % 255))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()


def test_a_bitmap_is_a_figure_and_its_words_are_read(parse, monkeypatch):
    read = []

    def read_text(picture):
        from mmrag.vision.ocr import OcrLine

        read.append(picture.size)
        return [OcrLine("EMERGENCY STOP", BBox(0.1, 0.1, 0.9, 0.2), 0.99)]

    monkeypatch.setattr("mmrag.vision.ocr.read_text", read_text)

    def draw(page):
        fill(page, 80)
        page.insert_image((150, 250, 450, 450), stream=photo())
        write(page, 150, 470, "Fig. 7. The panel.")
        fill(page, 500)
        page.insert_image((540, 20, 552, 32), stream=photo(12, 12))

    _, pages = parse(draw, draw, layout="auto", ocr="auto")
    for page in pages:
        (figure,) = of_kind(page, Kind.FIGURE)
        assert figure.bbox is not None
        assert figure.bbox.iou(BBox.from_points(150, 250, 450, 450, *SIZE)) > 0.95
        assert (figure.text, figure.caption) == ("EMERGENCY STOP", "Fig. 7. The panel.")
        assert figure.metadata == {"ocr": True}
    assert len(read) == 1, "the same picture is read once"


def test_a_logo_on_every_page_is_no_figure(parse):
    def draw(page):
        page.insert_image((480, 90, 540, 130), stream=photo(60, 40))
        fill(page, 200)

    _, pages = parse(*[draw] * 4, layout="auto")
    assert [of_kind(page, Kind.FIGURE) for page in pages] == [[]] * 4


def test_a_background_behind_the_text_is_no_figure(parse):
    def draw(page):
        page.insert_image((0, 0, 595, 842), stream=photo(60, 84))
        fill(page, 80, PROSE * 6)
        fill(page, 400, PROSE * 6)

    _, (page,) = parse(draw, layout="always")
    assert of_kind(page, Kind.FIGURE) == []
    assert "quick brown fox" in page.elements[0].text


@pytest.mark.parametrize("layout", ["auto", "never"])
def test_layout_never_finds_text_only(parse, layout):
    def draw(page):
        fill(page, 80)
        plot(page, 160, 250)

    _, (page,) = parse(draw, layout=layout)
    assert len(of_kind(page, Kind.FIGURE)) == (layout == "auto")
