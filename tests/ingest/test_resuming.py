"""Every ingestor reads on behind a page that its parser did not survive."""

from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from mmrag.config import IngestOptions
from mmrag.ingest.opening import Job, open_file
from mmrag.ingest.pdf import PdfIngestor
from mmrag.ingest.registry import ingestors
from mmrag.types import ParsedPage

WORDS = ("tides", "gates", "turbines", "mussels", "rafts", "soup")
OPTIONS = IngestOptions(ocr="never", layout="never")


def make(path: Path) -> Path:
    """A document of six pages."""
    if path.suffix == ".pdf":
        with pymupdf.open() as document:
            for number in range(6):
                document.new_page().insert_text(
                    (72, 200 + 50 * number), f"Page {number} speaks of {WORDS[number]}."
                )
            document.save(path)
    elif path.suffix == ".tiff":
        frames = [Image.new("L", (10 + number, 10), 40 * number) for number in range(6)]
        frames[0].save(path, save_all=True, append_images=frames[1:])
    else:
        path.write_text("".join(f"# Part {n}\n\nThis is what part {n} says.\n\n" for n in range(1, 7)))
    return path


def pages(path: Path, after: int, resume: str = "") -> list[ParsedPage]:
    document, parsed = open_file(Job(path, path.name, after=after, resume=resume), OPTIONS, ingestors())
    assert document.page_count >= 6
    return list(parsed)


@pytest.mark.parametrize("name", ["a.pdf", "a.tiff", "a.md"])
@pytest.mark.parametrize("after", [1, 3, 5, 6])
def test_the_pages_behind_are_the_same(tmp_path: Path, name: str, after: int) -> None:
    path = make(tmp_path / name)
    assert pages(path, after) == pages(path, 0)[after:]


BOOK = (
    "The quick brown fox jumps over the lazy dog while the farmer looks on and counts his sheep.",
    "Pack my box with five dozen liquor jugs, said the wizard, and then he went to the harbour.",
    "Sphinx of black quartz, judge my vow: the daft zebra fled from the jovial xylophone queue.",
)


def make_book(path: Path) -> Path:
    """Chapters, sections, running heads, listings, captions that change sides, and a scan."""
    with pymupdf.open() as document:
        for number in range(1, 25):
            page = document.new_page()
            chapter = f"{'Of tides' if number < 14 else 'Of winds and weathers'}"
            page.insert_text((72, 40), chapter if number % 5 else "An interlude", fontsize=9)
            page.insert_text((290, 810), str(number), fontsize=9)
            if number in (1, 14):
                page.insert_text((72, 110), chapter, fontsize=24)
            if number % 3 == 1:
                page.insert_text(
                    (72, 150), f"{number // 3} Section the {number}th", fontsize=14, fontname="hebo"
                )
            for row in range(20):
                page.insert_text((72, 180 + 14 * row), BOOK[(row + number) % 3][: 60 + row], fontsize=10)
            if number > 12:
                for row in range(6):
                    page.insert_text(
                        (72, 500 + 12 * row),
                        "count = count + 1  # as before"[: 12 + 3 * row],
                        fontsize=9,
                        fontname="cour",
                    )
            if number % 4 == 0:
                above = number < 12
                page.draw_rect((150, 600, 400, 720), fill=(0.2, 0.5, 0.7))
                page.insert_text((150, 592 if above else 735), f"Figure {number}: what is seen.", fontsize=10)
        scan = document.new_page(2)
        scan.insert_image(scan.rect, pixmap=document[5].get_pixmap(dpi=20))
        document.save(path)
    return path


def test_a_pdf_that_says_how_is_read_on_as_if_it_had_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmrag.ingest.pdf.reader.PAGES_A_RANGE", 1)
    book = make_book(tmp_path / "book.pdf")
    undisturbed = pages(book, 0)
    assert len({element.section for page in undisturbed for element in page.elements}) > 3
    assert all(page.resume for page in undisturbed[:-1])
    assert undisturbed[-1].resume is None
    for page in undisturbed[:-1]:
        number = page.page.number
        assert pages(book, number, page.resume or "") == undisturbed[number:]
    # Without what the page says, the headings above are not known.
    assert pages(book, 2) != undisturbed[2:]


def test_a_page_that_is_skipped_changes_nothing_in_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmrag.ingest.pdf.reader.PAGES_A_RANGE", 1)
    book = make_book(tmp_path / "book.pdf")

    def read(after: int, resume: str = "") -> list[ParsedPage]:
        return list(PdfIngestor().resume(book, book.name, OPTIONS, None, after, resume, skip={7, 9})[1])

    undisturbed = read(0)
    assert [page.page.number for page in undisturbed[5:8]] == [6, 8, 10]
    for at, page in enumerate(undisturbed[:-1], 1):
        assert read(page.page.number, page.resume or "") == undisturbed[at:]


def test_pages_say_how_to_read_on_once_a_range(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader in ("pdf.reader", "pictures"):
        monkeypatch.setattr(f"mmrag.ingest.{reader}.PAGES_A_RANGE", 2)
    for name in ("a.pdf", "a.tiff"):
        found = pages(make(tmp_path / name), 0)
        assert [page.resume is not None for page in found[:-1]] == [False, True, False, True, False]
        assert pages(tmp_path / name, 4, found[3].resume or "") == found[4:]
