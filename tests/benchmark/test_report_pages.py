"""Pages of the report, drawn from the files of an index."""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

import mmrag
from mmrag.benchmark.report import IndexPages
from mmrag.benchmark.report.pages import SIZES, Picture, Size, embed, encoded
from tests.benchmark.making import RECIPE

SIZE = Size(400, 40, 10_000)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PDF with a wide second page, and a text."""
    folder = tmp_path_factory.mktemp("report-pages") / "corpus"
    folder.mkdir()
    with pymupdf.open() as pdf:
        pdf.new_page(width=600, height=800).insert_text((72, 72), "A zebra.")
        pdf.new_page(width=800, height=400).draw_rect((0, 0, 400, 400), fill=(1, 0, 0))
        pdf.save(folder / "zoo.pdf")
    (folder / "notes.md").write_text("# Notes\n\nA quiet lake.\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def index(corpus: Path) -> Path:
    return built(corpus, corpus.with_name("index"))


def built(corpus: Path, place: Path) -> Path:
    mmrag.build(corpus, place, pipeline=replace(RECIPE, strategies=("caption",))).close()
    return place


@contextmanager
def gone(corpus: Path) -> Iterator[None]:
    """The documents are not there for a while."""
    away = corpus.rename(corpus.with_name("away"))
    yield
    away.rename(corpus)


def opened(picture: Picture | None) -> Image.Image:
    assert picture is not None
    return Image.open(io.BytesIO(picture.data))


def test_pages_are_drawn_as_wide_as_asked(index: Path, tmp_path: Path) -> None:
    with IndexPages([index], tmp_path / "kept") as pages:
        tall, wide = pages("zoo.pdf", 1, SIZE), pages("zoo.pdf", 2, SIZE)
    assert opened(tall).format == "WEBP"
    assert opened(tall).size == (400, 533)
    assert opened(wide).size == (400, 200)
    assert wide is not None
    assert wide.shape == 2
    left, right = (opened(wide).convert("RGB").getpixel((x, 100)) for x in (100, 300))
    assert left == pytest.approx((255, 0, 0), abs=12)
    assert right == pytest.approx((255, 255, 255), abs=12)


def test_sections_are_typeset_and_known_as_such(index: Path, tmp_path: Path) -> None:
    with IndexPages([index], tmp_path / "kept") as pages:
        assert pages.unpaged == {"notes.md"}
        section = opened(pages("notes.md", 1, SIZE)).convert("L")
    assert section.getextrema()[0] < 100


def test_what_can_not_be_drawn_is_nothing(index: Path, corpus: Path, tmp_path: Path) -> None:
    with IndexPages([index], tmp_path / "kept") as pages:
        assert pages("nowhere.pdf", 1, SIZE) is None
        assert pages("zoo.pdf", 3, SIZE) is None
        with gone(corpus):
            assert pages("zoo.pdf", 1, SIZE) is None


def test_what_was_drawn_once_is_kept(index: Path, corpus: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with IndexPages([index], kept) as pages:
        first = pages("zoo.pdf", 1, SIZE)
        assert len(list(kept.iterdir())) == 1
        with gone(corpus):
            assert pages("zoo.pdf", 1, SIZE) == first
            assert pages("zoo.pdf", 1, replace(SIZE, width=200)) is None


def test_a_page_that_was_kept_by_half_is_drawn_again(index: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    with IndexPages([index], kept) as pages:
        whole = pages("zoo.pdf", 1, SIZE)
        (file,) = kept.iterdir()
        file.write_bytes(file.read_bytes()[:40])
        assert pages("zoo.pdf", 1, SIZE) == whole


def test_the_second_index_is_asked_where_the_first_can_not_draw(
    index: Path, corpus: Path, tmp_path: Path
) -> None:
    second = built(Path(shutil.copytree(corpus, tmp_path / "corpus")), tmp_path / "second")
    with gone(corpus), IndexPages([index, second], tmp_path / "kept") as pages:
        assert pages("zoo.pdf", 1, SIZE) is not None


def test_few_pages_are_embedded_large_and_many_small() -> None:
    sizes: list[Size] = []

    def draw(file: str, page: int, size: Size) -> Picture:
        sizes.append(size)
        return Picture(b"x", 1)

    for count in (10, 150, 250, 1000):
        embed([("a.pdf", page) for page in range(count)], draw, 14_000_000)
    assert [sizes.count(size) for size in SIZES] == [10, 150, 250, 1000]


def test_a_page_counts_once() -> None:
    found = embed([("a", 1), ("b", 1), ("a", 1)], lambda *_: Picture(b"x", 1), 10_000)
    assert list(found.pictures) == [("a", 1), ("b", 1)]
    assert (found.no_room, found.not_drawn) == (0, 0)


def test_without_a_source_no_page_is_drawn() -> None:
    assert embed([("a", 1), ("b", 1)], None, 10_000).not_drawn == 2


def test_a_very_long_page_is_no_wider_than_it_should_be_high() -> None:
    picture = opened(encoded(Image.new("RGB", (500, 5000)), SIZE))
    assert picture.size == (64, 640)
