"""Pictures of pages with the evidence outlined: real files, pure models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pymupdf
import pytest
from numpy.typing import NDArray
from PIL import Image

import mmrag
from mmrag.api.pictures import MARKER, OUTLINE
from mmrag.config import VisualOptions
from mmrag.errors import EncryptedError, UsageError
from tests.api.test_update import RECIPE

NOTES = """# Gates

A gate opens.

| Gate | Year |
|---|---|
| north | 1987 |

![Figure 1: A blue square](square.png)

# Fish

An eel swims.
"""


def build(folder: Path) -> mmrag.Index:
    docs = folder / "docs"
    docs.mkdir()
    (docs / "notes.md").write_text(NOTES)
    Image.new("RGB", (300, 300), (0, 0, 255)).save(docs / "square.png")
    for name, options in {
        "report.pdf": {},
        "secret.pdf": {"encryption": pymupdf.PDF_ENCRYPT_AES_256, "user_pw": "open"},
    }.items():
        with pymupdf.open() as document:
            document.new_page(width=400, height=600).insert_text((72, 300), "A quick wizard.")
            document.save(docs / name, **options)
    return mmrag.build(docs, folder / "index", pipeline=RECIPE, password="open")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mmrag.Index]:
    """For reading only."""
    with build(tmp_path_factory.mktemp("pictures")) as built:
        yield built


def pixels(picture: Image.Image, colour: tuple[int, int, int]) -> NDArray[np.int64]:
    """Rows and columns of the pixels that are nearly of that colour, ``(n, 2)``."""
    distance = np.abs(np.asarray(picture, np.int64) - colour).max(axis=2)
    return np.argwhere(distance < 40)


def test_a_box_is_outlined_where_it_stands(index: mmrag.Index) -> None:
    picture = index.page_picture("report.pdf", 1, dpi=72, boxes=[mmrag.BBox(0.25, 0.5, 0.75, 0.6)])
    assert picture.size == (400, 600)
    found = pixels(picture, OUTLINE)
    assert found.min(axis=0) == pytest.approx([300, 100], abs=4)
    assert found.max(axis=0) == pytest.approx([360, 300], abs=4)


def test_an_element_is_outlined_by_its_box(index: mmrag.Index) -> None:
    (element,) = index.elements("report.pdf", 1)
    assert element.bbox is not None
    by_element = index.page_picture("report.pdf", 1, elements=[element])
    assert by_element.tobytes() == index.page_picture("report.pdf", 1, boxes=[element.bbox]).tobytes()


def test_what_a_question_matched_is_marked(tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    with pymupdf.open() as document:
        page = document.new_page(width=400, height=600)
        page.insert_text((72, 200), "A quick wizard.")
        page.insert_text((72, 400), "The lake at noon.")
        document.save(docs / "report.pdf")
    recipe = replace(RECIPE, visual=VisualOptions(encoders=("tests.fakes:LinesEncoder",)))
    with (
        mmrag.build(docs, tmp_path / "index", pipeline=recipe) as plain,
        pytest.raises(UsageError, match="no view of this index sees where .* --strategy visual"),
    ):
        plain.page_picture("report.pdf", 1, heat="lake")
    with mmrag.build(docs, tmp_path / "index", strategies=["visual"]) as index:
        picture = index.page_picture("report.pdf", 1, dpi=72, heat="lake noon")
    found = pixels(picture, MARKER)
    assert 380 < found.min(axis=0)[0] < found.max(axis=0)[0] < 410


def test_a_section_can_not_be_marked(index: mmrag.Index) -> None:
    with pytest.raises(UsageError, match=r"notes.md has no pages to be coloured"):
        index.page_picture("notes.md", 1, heat="gate")


def test_an_encrypted_page_needs_its_password(index: mmrag.Index) -> None:
    assert index.page_picture("secret.pdf", 1, password="open").size == (800, 1200)
    with pytest.raises(EncryptedError, match="password"):
        index.page_picture("secret.pdf", 1)


def test_a_section_is_typeset_with_its_table_and_figure(index: mmrag.Index) -> None:
    picture = index.page_picture("notes.md", 1, dpi=72)
    assert len(pixels(picture, (0, 0, 255))) > 10_000
    assert len(pixels(picture, OUTLINE)) == 0
    assert picture.height > index.page_picture("notes.md", 2, dpi=72).height


@pytest.mark.parametrize("kind", [mmrag.Kind.TEXT, mmrag.Kind.TABLE, mmrag.Kind.FIGURE])
def test_the_passage_is_outlined_in_a_section(index: mmrag.Index, kind: mmrag.Kind) -> None:
    marked = next(element for element in index.elements("notes.md", 1) if element.kind is kind)
    picture = index.page_picture("notes.md", 1, dpi=72, elements=[marked])
    found, blue = pixels(picture, OUTLINE), pixels(picture, (0, 0, 255))
    assert len(found) > 100
    encloses = found[:, 0].min() < blue[:, 0].min() and found[:, 0].max() > blue[:, 0].max()
    assert bool(encloses) == (kind is mmrag.Kind.FIGURE)


def test_what_has_changed_is_drawn_after_an_update_only(tmp_path: Path) -> None:
    with build(tmp_path) as index:
        (index.root / "report.pdf").write_bytes(b"%PDF-1.7\n")
        with pytest.raises(UsageError, match="has changed since it was indexed"):
            index.page_picture("report.pdf", 1)
        (index.root / "report.pdf").unlink()
        with pytest.raises(UsageError, match="is gone"):
            index.page_picture("report.pdf", 1)
        # What a document says is never taken for markup.
        (index.root / "notes.md").write_text('# A\n\n`<img src="square.png"/>` &amp; `<b>bold</b>` é 潮\n')
        index.update()
        assert len(pixels(index.page_picture("notes.md", 1), (0, 0, 255))) == 0


def test_a_page_that_is_not_there(index: mmrag.Index) -> None:
    with pytest.raises(UsageError, match="has no page 9"):
        index.page_picture("report.pdf", 9)
