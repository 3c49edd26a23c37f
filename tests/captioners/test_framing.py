import base64
import io

import numpy as np
import pytest
from PIL import Image

from mmrag.captioners.framing import data_uri, framed


def noise(width: int, height: int) -> Image.Image:
    return Image.fromarray(np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((100, 50), (100, 50)),
        ((1, 1), (32, 32)),
        ((1, 5000), (32, 1536)),
        ((5000, 1), (1536, 32)),
        ((3072, 1536), (1536, 768)),
        ((1536, 31), (1536, 32)),
    ],
)
def test_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert framed(Image.new("L", size)).size == expected
    assert framed(Image.new("L", size)).mode == "RGB"


def test_a_small_picture_stands_on_white_paper() -> None:
    pixels = np.asarray(framed(Image.new("RGB", (1, 1), "red")))
    assert pixels[15, 15].tolist() == [255, 0, 0]
    assert (pixels.reshape(-1, 3) == 255).all(axis=1).sum() == 32 * 32 - 1


def decoded(uri: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(uri.partition(",")[2])))


def test_drawings_lose_nothing() -> None:
    drawing = Image.new("RGB", (300, 200), "white")
    drawing.paste((255, 0, 0), (10, 10, 50, 50))
    uri = data_uri(drawing)
    assert uri.startswith("data:image/png;base64,")
    assert decoded(uri).tobytes() == drawing.tobytes()


def test_photos_are_small() -> None:
    uri = data_uri(noise(300, 300))
    assert uri.startswith("data:image/jpeg;base64,")
    assert decoded(uri).size == (300, 300)


def test_what_is_large_as_png_is_sent_as_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.captioners.framing._LARGEST_PNG", 100)
    assert data_uri(Image.new("RGB", (300, 300), "red")).startswith("data:image/jpeg;base64,")
