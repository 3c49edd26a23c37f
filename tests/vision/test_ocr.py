import io
import socket
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from mmrag.errors import ModelError
from mmrag.types import BBox
from mmrag.vision.ocr import OcrLine, read_text, session
from mmrag.vision.ocr.detection import Detector
from mmrag.vision.ocr.reading import _models, _turned, in_order
from mmrag.vision.ocr.recognition import Recogniser, with_gaps


def drawn(lines: list[str], size: int = 24, width: int = 900) -> Image.Image:
    picture = Image.new("RGB", (width, 40 + 2 * size * len(lines)), "white")
    draw = ImageDraw.Draw(picture)
    for row, text in enumerate(lines):
        draw.text((20, 20 + 2 * size * row), text, "black", ImageFont.load_default(size))
    return picture


TEXTS = ["The mosaic plot of three factors", "was drawn with 1024 points", "and shows the residuals"]


def test_lines_come_in_order_with_their_spaces_and_boxes(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a connection was attempted")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    _models.cache_clear()
    lines = read_text(drawn(TEXTS))
    assert [line.text for line in lines] == TEXTS
    assert all(line.confidence > 0.9 for line in lines)
    assert lines[0].bbox.y1 < lines[1].bbox.y0
    assert lines[0].bbox.x0 == pytest.approx(20 / 900, abs=0.01)
    assert "rapidocr" not in sys.modules


@pytest.mark.parametrize(
    ("how", "turn"),
    [
        (Image.Transpose.ROTATE_90, 90),
        (Image.Transpose.ROTATE_180, 180),
        (Image.Transpose.ROTATE_270, 270),
    ],
)
def test_a_turned_page_is_read_in_the_same_order(how: Image.Transpose, turn: int) -> None:
    lines = read_text(drawn(TEXTS).transpose(how))
    assert [(line.text, line.turn) for line in lines] == [(text, turn) for text in TEXTS]


def test_a_label_on_its_side_stands_among_upright_text() -> None:
    picture = Image.new("RGB", (900, 500), "white")
    picture.paste(drawn(["Residuals of fit"], width=260).transpose(Image.Transpose.ROTATE_90), (20, 60))
    picture.paste(drawn(["A plot with a label at its side"], width=500), (200, 40))
    found = {line.text: line.turn for line in read_text(picture)}
    assert found == {"A plot with a label at its side": 0, "Residuals of fit": 90}


@pytest.mark.parametrize("size", [10, 12, 40, 90])
def test_small_and_large_print(size: int) -> None:
    text = "Harbour plan of 1987"
    assert [line.text for line in read_text(drawn([text], size, width=60 + 12 * size))] == [text]


@pytest.mark.parametrize("size", [(1, 1), (3, 400), (300, 200), (2000, 9)])
def test_an_empty_picture_has_no_lines(size: tuple[int, int]) -> None:
    assert read_text(Image.new("RGB", size, "white")) == []


def test_noise_is_not_text() -> None:
    noise = np.random.default_rng(7).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    assert read_text(Image.fromarray(noise)) == []


def test_reading_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    _models.cache_clear()
    read_text(drawn(["Quiet"]))
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("model", [Detector, Recogniser])
def test_missing_weights_are_named(tmp_path: Path, model: type[Detector | Recogniser]) -> None:
    with pytest.raises(
        ModelError, match=r"OCR needs PP-OCRv6_.*_small\.onnx, which is not in .*: pip install"
    ):
        model.load(tmp_path, 1)


def test_broken_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "PP-OCRv6_det_small.onnx").write_bytes(b"not a model")
    with pytest.raises(ModelError, match="det_small.* can't be loaded"):
        Detector.load(tmp_path, 1)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(ModelError, match="pip install 'rapidocr"):
        session.models_folder()


@pytest.mark.parametrize(
    ("characters", "steps", "text"),
    [
        ("ab", [1, 2], "ab"),
        ("oneTwo", [1, 3, 5, 14, 16, 18], "one Two"),
        ("one Two", [1, 3, 5, 9, 14, 16, 18], "one Two"),
        ("mmm", [1, 5, 9], "mmm"),
        ("\u6c34\u5e73\u9762", [1, 3, 12], "\u6c34\u5e73\u9762"),
        ("x", [4], "x"),
    ],
)
def test_a_wide_gap_is_a_space(characters: str, steps: list[int], text: str) -> None:
    assert with_gaps(list(characters), steps) == text


@given(st.tuples(*[st.floats(0, 1)] * 4), st.sampled_from([0, 90, 180, 270]))
def test_turning_a_box_all_the_way_round_gives_it_back(
    corners: tuple[float, float, float, float], turn: int
) -> None:
    box = BBox.from_points(*corners, 1, 1)
    back = _turned(_turned(box, turn), (360 - turn) % 360)
    assert back.as_tuple() == pytest.approx(box.as_tuple(), abs=1e-12)


def test_no_lines_have_an_order_too() -> None:
    assert in_order([], 1.0) == []


def test_the_order_of_a_page_on_its_side() -> None:
    first = OcrLine("first line of it", BBox(0.1, 0.1, 0.15, 0.9), 1.0, 90)
    second = OcrLine("second line of it", BBox(0.2, 0.1, 0.25, 0.9), 1.0, 90)
    assert in_order([second, first], 1.0) == [first, second]


def test_modes_of_pictures_do_not_matter() -> None:
    picture = drawn(TEXTS[:1])
    buffer = io.BytesIO()
    picture.convert("P").save(buffer, "GIF")
    expected = [line.text for line in read_text(picture)]
    assert [line.text for line in read_text(picture.convert("L"))] == expected
    assert [line.text for line in read_text(Image.open(buffer))] == expected
