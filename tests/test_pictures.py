import io

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import ModelError
from mmrag.pictures import as_rgb, for_model
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
