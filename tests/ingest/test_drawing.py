"""Pages drawn in a process of their own: the same pictures, and what breaks it breaks nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from mmrag.config import IngestOptions
from mmrag.errors import CrashedError, DamagedError, EncryptedError, TimedOutError, TooLargeError
from mmrag.ingest.drawing import Drawer, PageOfFile, draw
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.process import ParserProcess


@pytest.fixture(scope="module")
def drawer() -> Iterator[Drawer]:
    with Drawer(IngestOptions()) as drawer:
        yield drawer


@pytest.fixture
def pdf(tmp_path: Path) -> PageOfFile:
    with pymupdf.open() as document:
        for number in range(3):
            document.new_page(width=200, height=100).insert_text((20, 40), f"Page {number + 1}")
        document.save(tmp_path / "three pages.pdf")
    return PageOfFile(tmp_path / "three pages.pdf", "application/pdf", 2, 72)


def test_pages_come_as_they_are_drawn_here(drawer: Drawer, pdf: PageOfFile, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "red").save(
        tmp_path / "two.tiff", save_all=True, append_images=[Image.new("RGB", (30, 20), "blue")]
    )
    tiff = PageOfFile(tmp_path / "two.tiff", "image/tiff", 2, 72)
    for page in (pdf, replace(pdf, number=3, dpi=144), tiff):
        there, here = drawer.draw(page), draw(page)
        assert (there.mode, there.size, there.tobytes()) == (here.mode, here.size, here.tobytes())
    assert drawer.draw(tiff).getpixel((3, 3)) == (0, 0, 255)


def test_many_threads_get_each_their_own(drawer: Drawer, pdf: PageOfFile) -> None:
    pages = [replace(pdf, number=at % 3 + 1, dpi=36 + at) for at in range(24)]
    with ThreadPoolExecutor(8) as threads:
        drawn = list(threads.map(drawer.draw, pages))
    assert [one.tobytes() for one in drawn] == [draw(page).tobytes() for page in pages]


def test_errors_are_those_of_drawing_here(drawer: Drawer, pdf: PageOfFile, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    with pymupdf.open() as document:
        document.new_page()
        document.save(tmp_path / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="open")
    for page, error in (
        (replace(pdf, number=9), TooLargeError),
        (replace(pdf, dpi=100_000), TooLargeError),
        (PageOfFile(broken, "image/png", 1, 72), DamagedError),
        (replace(pdf, path=tmp_path / "locked.pdf", number=1), EncryptedError),
    ):
        with pytest.raises(error):
            draw(page)
        with pytest.raises(error):
            drawer.draw(page)
    assert drawer.draw(replace(pdf, path=tmp_path / "locked.pdf", number=1, password="open")).width == 595
    assert drawer.draw(pdf).size == (200, 100)


def test_a_page_that_takes_too_much_memory_is_an_error(pdf: PageOfFile) -> None:
    with Drawer(IngestOptions(memory_mb=700)) as drawer:
        with pytest.raises(CrashedError, match="malloc|memory"):
            drawer.draw(replace(pdf, dpi=4800))  # 90 million pixels
        assert drawer.draw(pdf).size == (200, 100)


class Broken(ParserProcess):
    """Breaks at the first page, in the way that is set."""

    how = signal.SIGSEGV

    def send(self, frame: wire.Frame) -> None:
        if frame.kind == wire.DRAW:
            os.kill(self._process.pid, self.how)
        super().send(frame)


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        (signal.SIGSEGV, CrashedError, "three pages.pdf: drawing page 2 killed the parser"),
        (signal.SIGSTOP, TimedOutError, "three pages.pdf: drawing page 2 took longer than 8 s"),
    ],
)
def test_a_process_that_crashes_or_hangs_costs_one_page(
    pdf: PageOfFile,
    monkeypatch: pytest.MonkeyPatch,
    how: signal.Signals,
    error: type[Exception],
    message: str,
) -> None:
    monkeypatch.setattr(Broken, "how", how)
    with Drawer(IngestOptions(page_seconds=8)) as drawer:
        with monkeypatch.context() as patched:
            patched.setattr("mmrag.ingest.drawing.ParserProcess", Broken)
            with pytest.raises(error, match=message):
                drawer.draw(pdf)
        assert drawer.draw(pdf).size == (200, 100)


def test_a_frame_that_is_no_picture_is_not_believed() -> None:
    for frame in (
        wire.to_frame(wire.PICTURE, [2, 2], b"123"),
        wire.to_frame(wire.PICTURE, [-2, 2], b""),
        wire.to_frame(wire.PICTURE, ["2", 2], b"123456789012"),
        wire.to_frame(wire.PAGE, [2, 2], b"123456789012"),
    ):
        with pytest.raises(CrashedError):
            wire.to_picture(frame)
