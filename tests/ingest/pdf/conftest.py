"""Small PDFs made on the spot, and what the ingestor finds in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pymupdf
import pytest

from mmrag.config import IngestOptions
from mmrag.ingest.pdf import PdfIngestor
from mmrag.types import Document, ParsedPage

Draw = Callable[[Any], None]
Parse = Callable[..., tuple[Document, list[ParsedPage]]]

PROSE = (
    "The quick brown fox jumps over the lazy dog while the farmer looks on and counts his "
    "sheep one after the other until the sun has set behind the hills and the day is done. "
)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Writes a PDF with one page for each drawing function and returns its path."""

    def build(
        *draws: Draw, name: str = "made.pdf", size: tuple[float, float] = (595, 842), **save: Any
    ) -> Path:
        document = pymupdf.open()
        for draw in draws:
            draw(document.new_page(width=size[0], height=size[1]))
        path = tmp_path / name
        document.save(path, **save)
        document.close()
        return path

    return build


@pytest.fixture
def parse(make: Callable[..., Path]) -> Parse:
    """Builds a PDF and reads it, by default without the layout model and without OCR."""

    def run(
        *draws: Draw, layout: str = "never", ocr: str = "never", **more: Any
    ) -> tuple[Document, list[ParsedPage]]:
        document, pages = PdfIngestor().open(
            make(*draws), "made.pdf", IngestOptions(layout=layout, ocr=ocr, **more)
        )
        return document, list(pages)

    return run


def write(
    page: Any, x: float, y: float, *lines: str, size: float = 10, font: str = "helv", step: float = 1.2
) -> float:
    """Lines of text from the baseline ``y`` down; returns the baseline after the last."""
    for line in lines:
        page.insert_text((x, y), line, fontsize=size, fontname=font)
        y += step * size
    return y


def fill(
    page: Any, y: float, words: str = PROSE * 3, x: float = 72, width: float = 450, size: float = 10
) -> None:
    """A paragraph of running text in a box whose top is ``y``."""
    page.insert_textbox((x, y, x + width, y + 300), words, fontsize=size, fontname="helv")
