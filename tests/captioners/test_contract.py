"""What every captioner must hold to, run over all that come with mmrag."""

import io
import socket

import numpy as np
import pytest
from PIL import Image

from mmrag.captioners import Captioner, PictureContext, load_captioner
from mmrag.errors import ModelError, SpecError

SPECS = ("mini:caption",)
PLAIN = PictureContext()


@pytest.fixture(scope="module", params=SPECS)
def captioner(request: pytest.FixtureRequest) -> Captioner:
    return load_captioner(request.param)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a captioner opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def noise(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    return Image.fromarray(pixels).convert(mode)


def animated() -> Image.Image:
    buffer = io.BytesIO()
    frames = [Image.new("P", (20, 20), colour) for colour in (1, 2, 3)]
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:])
    return Image.open(io.BytesIO(buffer.getvalue()))


ODD = {
    "one pixel": Image.new("RGB", (1, 1), "red"),
    "one column": noise((1, 5000)),
    "one row": noise((5000, 1)),
    "bilevel": Image.new("1", (30, 20), 1),
    "grey": Image.new("L", (30, 20), 128),
    "grey with transparency": Image.new("LA", (30, 20), (0, 0)),
    "transparent": Image.new("RGBA", (30, 20), (255, 0, 0, 0)),
    "palette": noise((30, 20)).quantize(4),
    "CMYK": noise((30, 20), "CMYK"),
    "YCbCr": noise((30, 20), "YCbCr"),
    "Lab": noise((30, 20), "LAB"),
    "16 bit": Image.fromarray((np.arange(600, dtype=np.uint16) * 100).reshape(20, 30)),
    "32 bit": Image.fromarray(np.arange(600, dtype=np.int32).reshape(20, 30)),
    "float": Image.fromarray(np.full((20, 30), np.nan, dtype=np.float32)),
    "animated": animated(),
}


@pytest.mark.parametrize("name", ODD)
def test_describes_every_kind_of_picture(captioner: Captioner, name: str) -> None:
    said = captioner.caption(ODD[name], PLAIN).text
    assert said.endswith(".")
    assert len(said) > 5


@pytest.mark.parametrize("name", ODD)
def test_same_picture_same_words_and_picture_left_as_it_was(captioner: Captioner, name: str) -> None:
    picture = ODD[name]
    before = picture.mode, picture.size, picture.tobytes()
    assert captioner.caption(picture, PLAIN) == load_captioner(captioner.spec).caption(picture, PLAIN)
    assert (picture.mode, picture.size, picture.tobytes()) == before


def test_a_picture_cut_short_is_a_model_error(captioner: Captioner) -> None:
    buffer = io.BytesIO()
    noise((200, 200)).save(buffer, "PNG")
    picture = Image.open(io.BytesIO(buffer.getvalue()[:5000]))
    with pytest.raises(ModelError, match="can't be decoded"):
        captioner.caption(picture, PLAIN)


def test_caption_and_words_are_said(captioner: Captioner) -> None:
    context = PictureContext(caption="Figure 1: Yield.", words="Temperature 0 10 20 Pressure")
    said = captioner.caption(noise((50, 50)), context).text
    assert "Figure 1: Yield." in said
    assert "Temperature Pressure" in said


def test_chinese_context_gives_chinese(captioner: Captioner) -> None:
    said = captioner.caption(noise((50, 50)), PictureContext(caption="图 1：产量", language="zh")).text
    assert said.startswith("照片")
    assert "图 1：产量" in said


def test_says_what_it_is(captioner: Captioner) -> None:
    assert captioner.spec in SPECS
    assert captioner.fingerprint.startswith(captioner.spec)


def test_a_misspelt_spec_names_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean mini:caption"):
        load_captioner("mini:captions")
