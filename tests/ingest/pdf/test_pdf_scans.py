from __future__ import annotations

import pymupdf
import pytest

from mmrag.config import IngestOptions
from mmrag.ingest.pdf import PdfIngestor
from mmrag.types import BBox, Kind
from mmrag.vision.ocr import OcrLine

from .conftest import fill

LINES = [
    OcrLine("3 Results", BBox(0.12, 0.10, 0.30, 0.125), 0.99),
    OcrLine("The first line of the paragraph ends with a hy-", BBox(0.12, 0.16, 0.88, 0.175), 0.99),
    OcrLine("phen and the second line goes on to the very end", BBox(0.12, 0.18, 0.88, 0.195), 0.99),
    OcrLine("of the third one.", BBox(0.12, 0.20, 0.40, 0.215), 0.99),
]


@pytest.fixture
def scan(tmp_path):
    """A page that is nothing but a picture of a page."""
    source = pymupdf.open()
    fill(source.new_page(), 80)
    pixmap = source[0].get_pixmap(dpi=72)
    document = pymupdf.open()
    page = document.new_page()
    page.insert_image(page.rect, pixmap=pixmap)
    document.save(tmp_path / "scan.pdf")
    return tmp_path / "scan.pdf"


def parse(path, **options):
    _, pages = PdfIngestor().open(path, "scan.pdf", IngestOptions(**options))
    (page,) = pages
    return page


def test_a_scanned_page_is_read_and_parted(scan, monkeypatch):
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: LINES)
    page = parse(scan, layout="never")
    whole, *parts = page.elements
    assert whole.kind is Kind.PAGE
    assert whole.text == "\n".join(line.text for line in LINES)
    assert whole.bbox == BBox(0, 0, 1, 1)
    assert whole.picture == page.assets[0].id
    assert page.assets[0].width == pytest.approx(595 * 2, abs=2)
    assert [part.text for part in parts][-1] == (
        "The first line of the paragraph ends with a hyphen and the second line goes on to the very end "
        "of the third one."
    )
    assert all(element.metadata["ocr"] is True for element in page.elements)
    box = parts[-1].bbox
    assert box is not None
    assert box.iou(BBox(0.12, 0.16, 0.88, 0.215)) > 0.9


def test_the_layout_model_reads_scans_by_their_ocr_words(scan, monkeypatch):
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: LINES)
    page = parse(scan, layout="auto")
    assert page.error is None
    text = " ".join(element.text for element in page.elements if element.kind is not Kind.PAGE)
    assert "ends with a hyphen and" in text


def test_without_ocr_a_scan_is_a_picture(scan):
    page = parse(scan, ocr="never")
    (whole,) = page.elements
    assert (whole.kind, whole.text) == (Kind.PAGE, "")
    assert whole.picture is not None


def test_a_page_with_words_is_no_scan(tmp_path, monkeypatch):
    def refuse(picture):
        raise AssertionError("OCR was asked")

    monkeypatch.setattr("mmrag.vision.ocr.read_text", refuse)
    document = pymupdf.open()
    fill(document.new_page(), 80)
    document.save(tmp_path / "scan.pdf")
    assert parse(tmp_path / "scan.pdf").elements[0].kind is Kind.TEXT
