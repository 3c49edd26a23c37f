import socket
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from mmrag.errors import ModelError
from mmrag.ingest import ocr
from mmrag.ingest.ocr import read_text


def drawn(lines: list[str], size: int = 24, width: int = 900) -> Image.Image:
    picture = Image.new("RGB", (width, 40 + 2 * size * len(lines)), "white")
    draw = ImageDraw.Draw(picture)
    for row, text in enumerate(lines):
        draw.text((20, 20 + 2 * size * row), text, "black", ImageFont.load_default(size))
    return picture


def test_lines_come_in_order_with_their_spaces_and_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    ocr._engine.cache_clear()
    texts = ["The mosaic plot of three factors", "was drawn with 1024 points"]
    lines = read_text(drawn(texts))
    assert [line.text for line in lines] == texts
    assert [line.confidence > 0.9 for line in lines] == [True, True]
    assert lines[0].bbox.y1 < lines[1].bbox.y0
    assert lines[0].bbox.x0 == pytest.approx(20 / 900, abs=0.01)


def test_small_print_is_read() -> None:
    assert [line.text for line in read_text(drawn(["Small print of nine points at 96 dpi"], 12))] == [
        "Small print of nine points at 96 dpi"
    ]


def test_an_empty_picture_has_no_lines() -> None:
    assert read_text(Image.new("RGB", (300, 200), "white")) == []


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (400, 3)])
def test_a_sliver_has_no_lines(size: tuple[int, int]) -> None:
    assert read_text(Image.new("RGB", size, "white")) == []


def test_reading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    ocr._engine.cache_clear()
    read_text(drawn(["Quiet"]))
    assert capfd.readouterr() == ("", "")


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="PP-OCRv6_det_small"):
        ocr._parameters(tmp_path, 1)
