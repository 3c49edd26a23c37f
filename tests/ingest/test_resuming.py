"""Every ingestor reads on behind a page that its parser did not survive."""

from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from mmrag.config import IngestOptions
from mmrag.ingest.opening import Job, open_file
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


def pages(path: Path, after: int) -> list[ParsedPage]:
    document, parsed = open_file(Job(path, path.name), OPTIONS, ingestors(), after)
    assert document.page_count == 6
    return list(parsed)


@pytest.mark.parametrize("name", ["a.pdf", "a.tiff", "a.md"])
@pytest.mark.parametrize("after", [1, 3, 5, 6])
def test_the_pages_behind_are_the_same(tmp_path: Path, name: str, after: int) -> None:
    path = make(tmp_path / name)
    assert pages(path, after) == pages(path, 0)[after:]
