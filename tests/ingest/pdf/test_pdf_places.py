"""Boxes are fractions of the page as it is shown."""

from __future__ import annotations

import numpy as np
import pymupdf
import pytest

from mmrag.config import IngestOptions
from mmrag.errors import TooLargeError
from mmrag.ingest.pdf import PdfIngestor
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.rawpage import read_raw
from mmrag.ingest.pdf.render import encode, render_page

from .conftest import fill, write


def only_element(path):
    _, pages = PdfIngestor().open(path, "made.pdf", IngestOptions(layout="never", ocr="never"))
    (page,) = pages
    (element,) = page.elements
    return page.page, element


def inked(path) -> tuple[float, float, float, float]:
    """Box of all that is dark in the picture of the first page, as fractions."""
    pixels = np.asarray(render_page(path, 1, dpi=144).convert("L")) < 128
    ys, xs = np.nonzero(pixels)
    height, width = pixels.shape
    return xs.min() / width, ys.min() / height, (xs.max() + 1) / width, (ys.max() + 1) / height


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_the_box_is_where_the_words_are_seen(make, rotation):
    def draw(page):
        write(page, 100, 300, "Here I stand and can do no other.", size=12)
        page.set_cropbox((40, 60, 500, 700))
        page.set_rotation(rotation)

    path = make(draw)
    page, element = only_element(path)
    seen = inked(path)
    assert element.text == "Here I stand and can do no other."
    assert page.rotation == rotation
    assert (page.width, page.height) == ((460, 640) if rotation % 180 == 0 else (640, 460))
    assert element.bbox is not None
    assert np.allclose(element.bbox.as_tuple(), seen, atol=0.012)


def test_lines_agree_with_pymupdf(make):
    path = make(lambda page: fill(page, 80))
    with pymupdf.open(path) as document:
        raw = read_raw(PageView(document, 1), 1)
        oracle = [
            ("".join(span["text"] for span in line["spans"]).rstrip(), line["bbox"], line["spans"][0]["size"])
            for block in document[0].get_text("dict")["blocks"]
            for line in block["lines"]
        ]
    assert [line.text.rstrip() for line in raw.lines] == [text for text, _, _ in oracle]
    for line, (_, box, size) in zip(raw.lines, oracle, strict=True):
        assert np.allclose((line.x0, line.y0, line.y1), (box[0], box[1], box[3]), atol=0.02)
        assert line.size == pytest.approx(size, abs=0.01)


def test_spans_agree_with_pymupdf_on_a_page_with_drawings_and_a_bitmap(make):
    def draw(page):
        page.draw_rect((60, 40, 300, 60), fill=(0.9, 0.9, 0.9))
        write(page, 72, 56, "A heading", size=14, font="hebo")
        page.insert_image((72, 70, 90, 80), pixmap=pymupdf.Pixmap(pymupdf.csRGB, (0, 0, 4, 4), False))
        write(page, 110, 90, "bold", font="hebo")
        write(page, 135, 90, "and not bold")
        page.insert_text((300, 400), "up the page", fontsize=10, rotate=90)
        fill(page, 120)

    with pymupdf.open(make(draw)) as document:
        view = PageView(document, 1, read_raw(PageView(document, 1), 1))
        whole = document[0].get_text("dict", flags=pymupdf.TEXTFLAGS_DICT & ~pymupdf.TEXT_PRESERVE_IMAGES)
        lines = [line for block in whole["blocks"] for line in block["lines"]]
        spans = [span for line in lines for span in line["spans"]]
        written = [span for span in spans if span["text"].strip()]
        assert len(written) > 8
        for span in written:
            assert view.spans_in(span["bbox"]) == [span]
        assert view.spans_in((0, 0, 595, 842)) == written


def test_page_labels_are_kept(tmp_path):
    document = pymupdf.open()
    for _ in range(2):
        fill(document.new_page(), 80)
    document.set_page_labels([{"startpage": 0, "prefix": "", "style": "r", "firstpagenum": 4}])
    document.save(tmp_path / "labels.pdf")
    _, pages = PdfIngestor().open(tmp_path / "labels.pdf", "x", IngestOptions(layout="never"))
    assert [page.page.label for page in pages] == ["iv", "v"]


def test_render_page_has_the_asked_resolution(make):
    path = make(lambda page: fill(page, 80), size=(200, 100))
    assert render_page(path, 1, dpi=72).size == (200, 100)
    assert render_page(path, 1, dpi=144).size == (400, 200)


def test_render_page_refuses_what_is_not_there_or_too_large(make):
    path = make(lambda page: fill(page, 80))
    with pytest.raises(TooLargeError, match="1 pages"):
        render_page(path, 2)
    with pytest.raises(TooLargeError, match="lower dpi"):
        render_page(path, 1, dpi=144, max_pixels=1000)


def test_encoding_keeps_flat_pictures_exact_and_makes_photos_small(make):
    from PIL import Image

    flat = Image.new("RGB", (60, 40), "white")
    flat.paste((200, 10, 10), (10, 10, 30, 30))
    asset = encode(flat)
    assert (asset.media_type, asset.width, asset.height) == ("image/png", 60, 40)
    noise = Image.fromarray(np.random.default_rng(1).integers(0, 255, (300, 300, 3), dtype=np.uint8))
    assert encode(noise).media_type == "image/jpeg"
    import io

    assert Image.open(io.BytesIO(asset.data)).convert("RGB").tobytes() == flat.tobytes()
