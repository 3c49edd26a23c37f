from __future__ import annotations

from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, EncryptedError
from mmrag.ingest.pdf import PdfIngestor, reader
from mmrag.types import Kind

from .conftest import fill, write

OPTIONS = IngestOptions(layout="never", ocr="never")
NO_PAGES = b"""%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[]/Count 0>> endobj
trailer <</Root 1 0 R/Size 3>>
%%EOF
"""


def open_(path: Path, password: str | None = None):
    document, pages = PdfIngestor().open(path, path.name, OPTIONS, password)
    return document, list(pages)


def locked(make):
    return make(
        lambda page: fill(page, 80),
        encryption=pymupdf.PDF_ENCRYPT_AES_256,
        user_pw="sesame",
        owner_pw="owner",
    )


def test_an_encrypted_file_asks_for_its_password(make):
    with pytest.raises(EncryptedError, match="--password"):
        open_(locked(make))


def test_a_wrong_password_is_said_to_be_wrong(make):
    with pytest.raises(EncryptedError, match="wrong"):
        open_(locked(make), "abracadabra")


def test_the_right_password_opens(make):
    _, pages = open_(locked(make), "sesame")
    assert "quick brown fox" in pages[0].elements[0].text


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"MZ this is a program", "not a"),
        (NO_PAGES, "no pages"),
        (b"%PDF-1.7\n" + b"\x00" * 999, "PDF|pages"),
    ],
)
def test_what_is_no_pdf_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str):
    path = tmp_path / "bad.pdf"
    path.write_bytes(content)
    with pytest.raises(DamagedError, match=reason) as caught:
        open_(path)
    assert "\n" not in str(caught.value)
    assert "bad.pdf" in str(caught.value)


def test_a_missing_file_is_refused(tmp_path: Path):
    with pytest.raises(DamagedError, match="can't be read"):
        open_(tmp_path / "absent.pdf")


def test_a_cut_file_gives_what_is_left_or_an_error(make):
    path = make(*[lambda page: fill(page, 80)] * 3)
    path.write_bytes(path.read_bytes()[:-700])
    document, pages = open_(path)
    assert len(pages) == document.page_count > 0


def test_text_of_a_huge_page_is_read_and_the_rest_reported(make):
    path = make(lambda page: write(page, 100, 200, "Words on a wall.", size=40), size=(20_000, 20_000))
    document, (page,) = (
        PdfIngestor().open(path, "wall.pdf", IngestOptions())[0],
        list(PdfIngestor().open(path, "wall.pdf", IngestOptions())[1]),
    )
    assert document.page_count == 1
    assert [element.text for element in page.elements] == ["Words on a wall."]
    assert page.error is not None
    assert "max_page_points" in page.error
    assert page.assets == ()


def test_a_picture_bomb_is_not_decoded(make, tmp_path: Path):
    Image.new("1", (3000, 3000)).save(tmp_path / "large.png")

    def draw(page):
        page.insert_image((72, 72, 300, 300), filename=str(tmp_path / "large.png"))
        write(page, 72, 400, "The words beside it are read.")

    path = make(draw)
    _, pages = PdfIngestor().open(path, "bomb.pdf", IngestOptions(max_pixels=1_000_000))
    (page,) = pages
    assert [(element.kind, element.text) for element in page.elements] == [
        (Kind.TEXT, "The words beside it are read.")
    ]
    assert page.error is not None
    assert "3000 × 3000" in page.error


def test_one_bad_page_costs_only_itself(make, monkeypatch):
    real = reader.by_geometry

    def fail_on_second(view, raw, rows, state):
        if raw.number == 2:
            raise RuntimeError("broken\nstream")
        return real(view, raw, rows, state)

    monkeypatch.setattr(reader, "by_geometry", fail_on_second)
    _, pages = open_(make(*[lambda page: fill(page, 80)] * 3))
    assert [bool(page.elements) for page in pages] == [True, False, True]
    assert [page.error for page in pages] == [None, "page 2 is incomplete: broken stream", None]


def test_a_page_that_the_layout_model_fails_on_keeps_its_text(make, monkeypatch):
    def fail(*_):
        raise RuntimeError("no model")

    monkeypatch.setattr(reader, "by_layout", fail)
    _, pages = PdfIngestor().open(
        make(lambda page: fill(page, 80)), "made.pdf", IngestOptions(layout="always")
    )
    (page,) = pages
    assert "quick brown fox" in page.elements[0].text
    assert page.error == "page 1: its layout could not be read, only its text: no model"


def test_a_blank_page_is_no_error(make):
    _, (page,) = open_(make(lambda page: None))
    assert page.elements == ()
    assert page.error is None
