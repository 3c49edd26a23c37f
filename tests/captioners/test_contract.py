"""What every captioner must hold to, run over all that come with mmrag."""

import io
import json
import socket
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.captioners import (
    Captioner,
    Description,
    PictureContext,
    Request,
    Usage,
    describe_all,
    load_captioner,
)
from mmrag.captioners.models.blip import BlipCaptioner
from mmrag.captioners.models.vlm import VisionLanguageCaptioner
from mmrag.errors import ModelError, SpecError
from tests.captioners.test_describing import Memory
from tests.endpoint.server import said, serving

PLAIN = PictureContext()
FULL = PictureContext("Figure 1: Yield.", "Temperature 0 10", ("Results",), "en", "Before.", "After.")
LOCAL = ("mini", "llava", "qwen2_vl", "qwen3_vl", "mllama", "idefics3", "blip")
DESCRIBED = json.dumps({"description": "A picture.", "visible_text": "Yield", "data": "a: 1"})


@pytest.fixture(scope="module", params=[*LOCAL, "openai"])
def making(request: pytest.FixtureRequest) -> Iterator[Callable[[], Captioner]]:
    """Makes the captioner; two that it makes share nothing but files."""
    if request.param == "mini":
        yield lambda: load_captioner("mini:caption")
    elif request.param == "openai":
        with serving([said(DESCRIBED)]) as server:
            yield lambda: load_captioner(f"openai:m@{server.url}")
    else:
        folder = str(request.getfixturevalue("tiny")(request.param))
        yield lambda: BlipCaptioner(folder) if "blip" in folder else VisionLanguageCaptioner(folder, 16)


@pytest.fixture(scope="module")
def captioner(making: Callable[[], Captioner]) -> Captioner:
    return making()


@pytest.fixture(scope="module")
def twin(making: Callable[[], Captioner]) -> Captioner:
    return making()


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody opens a connection but to a server that the spec names, which is on this machine here."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if address[0] != "127.0.0.1":
            raise AssertionError(f"a captioner opened a connection to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


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
def test_describes_every_kind_of_picture(captioner: Captioner, twin: Captioner, name: str) -> None:
    """Each time alike, by another instance too, and the picture is left as it was."""
    picture = ODD[name]
    before = picture.mode, picture.size, picture.tobytes()
    described = captioner.caption(picture, PLAIN)
    assert isinstance(described, Description)
    assert described.text
    assert twin.caption(picture, PLAIN) == captioner.caption(picture, PLAIN) == described
    assert (picture.mode, picture.size, picture.tobytes()) == before


@pytest.mark.parametrize(
    "context",
    [
        PictureContext("图 1：产量", "温度 压力", ("结果", "产量"), "zh", "之前。", "之后。"),
        PictureContext("x" * 10_000, "y " * 5_000, ("z" * 10_000,), "en", "b" * 10_000, "图" * 10_000),
        PictureContext("\ud800\x00\u202e", "🙂" * 50, ("",), "xx"),
        PictureContext("<image><|image|><|image_pad|></s>", "{% raw %}{{ x }}", ("${caption}",)),
    ],
    ids=["Chinese", "long", "odd characters", "control tokens"],
)
def test_any_context_will_do(captioner: Captioner, twin: Captioner, context: PictureContext) -> None:
    described = captioner.caption(noise((50, 50)), context)
    assert described.text
    assert twin.caption(noise((50, 50)), context) == described


def test_all_at_once_is_one_by_one(captioner: Captioner) -> None:
    pictures = [(noise((50, 40)), FULL), (noise((30, 60)), PLAIN), (noise((50, 40)), FULL)]
    assert captioner.caption_all(pictures) == [captioner.caption(*each) for each in pictures]
    assert captioner.caption_all([]) == []


def test_a_picture_cut_short_is_a_model_error_that_costs_no_other(captioner: Captioner) -> None:
    buffer = io.BytesIO()
    noise((200, 200)).save(buffer, "PNG")
    data = buffer.getvalue()[:5000]
    with pytest.raises(ModelError, match="can't be decoded"):
        captioner.caption(Image.open(io.BytesIO(data)), PLAIN)
    bad, good = captioner.caption_all([(Image.open(io.BytesIO(data)), PLAIN), (noise((50, 50)), PLAIN)])
    assert isinstance(bad, ModelError)
    assert good == captioner.caption(noise((50, 50)), PLAIN)


def test_says_what_it_is_and_how_it_is_called(captioner: Captioner, twin: Captioner) -> None:
    assert captioner.spec == twin.spec
    assert captioner.fingerprint == twin.fingerprint
    assert captioner.fingerprint
    assert captioner.batch_size >= 1
    assert captioner.parallel == captioner.spec.startswith("openai:")


def test_tokens_are_counted_by_language_models_alone(captioner: Captioner) -> None:
    usage = captioner.caption(noise((50, 50)), PLAIN).usage
    if captioner.spec == "mini:caption":
        assert usage == Usage()
    else:
        assert usage.pictures == 1
        assert usage.tokens_out > 0


def test_describing_them_is_the_same_whatever_the_concurrency(captioner: Captioner) -> None:
    requests = [
        Request(f"asset-{width}", lambda width=width: noise((width, 40)), FULL)  # type: ignore[misc]
        for width in (40, 50, 40, 60)
    ]
    one, many = Memory(), Memory()
    alone = describe_all(captioner, requests, one, 1)
    assert describe_all(captioner, requests, many, 3) == alone
    assert one == many
    first_two, twin_of_first, last = alone[:2], alone[2], alone[3]
    assert twin_of_first == first_two[0]
    assert len(one) == sum(isinstance(outcome, Description) for outcome in (*first_two, last))


def test_mini_says_caption_and_words() -> None:
    context = PictureContext(caption="Figure 1: Yield.", words="Temperature 0 10 20 Pressure")
    described = load_captioner("mini:caption").caption(noise((50, 50)), context)
    assert "Figure 1: Yield." in described.text
    assert "Temperature Pressure" in described.text


def test_mini_answers_a_chinese_context_in_chinese() -> None:
    context = PictureContext(caption="图 1：产量", language="zh")
    described = load_captioner("mini:caption").caption(noise((50, 50)), context)
    assert described.text.startswith("照片")
    assert "图 1：产量" in described.text


def test_a_misspelt_spec_names_the_nearest() -> None:
    with pytest.raises(SpecError, match="did you mean mini:caption"):
        load_captioner("mini:captions")


@pytest.mark.parametrize("field", ["before", "after", "section"])
def test_mini_reads_no_paragraphs(field: str) -> None:
    mini = load_captioner("mini:caption")
    assert mini.context_fields == {"caption", "words", "language"}
    picture, value = noise((50, 50)), ("Photo of a map",) if field == "section" else "Photo of a map"
    assert mini.caption(picture, PictureContext(**{field: value})) == mini.caption(picture, PictureContext())
