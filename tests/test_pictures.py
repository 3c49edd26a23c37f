import base64
import io

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import ModelError
from mmrag.pictures import as_rgb, data_uri, for_model, framed
from tests.tiny.pictures import pictures


def test_every_kind_becomes_rgb_of_the_same_size() -> None:
    for name, picture in pictures().items():
        size = picture.size
        made = as_rgb(picture)
        assert (made.mode, made.size) == ("RGB", size), name


def test_rgb_is_handed_back_as_it_is() -> None:
    picture = Image.new("RGB", (3, 2), "red")
    assert as_rgb(picture) is picture


def test_what_is_transparent_is_white_paper() -> None:
    picture = Image.new("RGBA", (1, 1), (255, 0, 0, 0))
    assert as_rgb(picture).getpixel((0, 0)) == (255, 255, 255)
    half = Image.new("RGBA", (1, 1), (0, 0, 0, 51))
    assert as_rgb(half).getpixel((0, 0)) == (204, 204, 204)


def test_sixteen_bits_are_spread_not_cut() -> None:
    picture = Image.fromarray(np.array([[0, 32768, 65535]], dtype=np.uint16))
    assert np.asarray(as_rgb(picture))[0, :, 0].tolist() == [0, 127, 255]


def test_an_even_grey_of_sixteen_bits_is_black() -> None:
    assert np.asarray(as_rgb(Image.fromarray(np.full((2, 2), 700, dtype=np.uint16)))).max() == 0


def test_the_first_frame_counts_wherever_the_file_stands() -> None:
    animated = pictures()["animated"]
    first = np.asarray(as_rgb(pictures()["animated"]))
    animated.seek(2)
    np.testing.assert_array_equal(np.asarray(as_rgb(animated)), first)


def test_a_turned_photo_is_put_upright() -> None:
    buffer = io.BytesIO()
    picture = Image.new("RGB", (4, 2))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(buffer, "JPEG", exif=exif)
    assert as_rgb(Image.open(buffer)).size == (2, 4)


def test_a_broken_file_is_an_error_of_ours() -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(
        buffer, "PNG"
    )
    with pytest.raises(ModelError, match="the picture can't be decoded"):
        as_rgb(Image.open(io.BytesIO(buffer.getvalue()[:2000])))


def test_a_strip_is_put_on_paper() -> None:
    strip = for_model(Image.new("RGB", (1, 100), "red"))
    assert strip.size == (7, 100)
    assert [strip.getpixel((x, 50)) for x in (2, 3, 4)] == [(255,) * 3, (255, 0, 0), (255,) * 3]
    picture = Image.new("RGB", (160, 10))
    assert for_model(picture) is picture


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
def test_sizes_for_a_language_model(size: tuple[int, int], expected: tuple[int, int]) -> None:
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
    monkeypatch.setattr("mmrag.pictures._LARGEST_PNG", 100)
    assert data_uri(Image.new("RGB", (300, 300), "red")).startswith("data:image/jpeg;base64,")
