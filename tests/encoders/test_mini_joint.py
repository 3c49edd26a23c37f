"""Pictures among texts; that texts are as in mini:text is held by the contract suite."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from mmrag.encoders.mini_joint import MiniJoint
from mmrag.encoders.mini_text import MiniText
from mmrag.errors import ModelError


@pytest.fixture(scope="module")
def encoder() -> MiniJoint:
    return MiniJoint()


def chart(*words: str) -> Image.Image:
    """A bar chart with a title."""
    picture = Image.new("RGB", (420, 320), "white")
    pen = ImageDraw.Draw(picture)
    pen.line((50, 60, 50, 290, 410, 290), "black", 2)
    for bar in range(4):
        pen.rectangle((80 + 80 * bar, 120 + 30 * bar, 130 + 80 * bar, 289), fill="steelblue")
        pen.text((5, 80 + 50 * bar), f"{40 - 10 * bar}", "black", ImageFont.load_default(20))
    pen.text((60, 20), " ".join(words), "black", ImageFont.load_default(26))
    return picture


def photo() -> Image.Image:
    """Soft shades with grain, as surfaces in photos have them."""
    random = np.random.default_rng(3)
    height, width = np.mgrid[0:300, 0:400]
    shades = np.stack([80 + height / 3, 60 + width / 4, 90 + (height + width) / 6], axis=2)
    return Image.fromarray((shades + random.normal(0, 9, shades.shape)).clip(0, 255).astype(np.uint8))


def test_texts_are_those_of_mini_text(encoder: MiniJoint) -> None:
    texts = ["The catalyst doubled the yield.", ""]
    np.testing.assert_array_equal(encoder.encode_texts(texts), MiniText().encode_texts(texts))
    np.testing.assert_array_equal(encoder.encode_queries(texts), MiniText().encode_queries(texts))
    assert encoder.count_tokens(texts) == MiniText().count_tokens(texts)
    assert encoder.texts.spec == "mini:text"


def test_a_chart_is_found_by_its_words(encoder: MiniJoint) -> None:
    rain, wine = encoder.encode_pictures([chart("Rainfall in March"), chart("Exports of wine")])
    for question, right, wrong in (
        ("How much did it rain in spring?", rain, wine),
        ("Which country sells most wine?", wine, rain),
    ):
        asked = encoder.encode_queries([question])[0]
        assert asked @ right > asked @ wrong


def test_a_photo_is_what_the_classifier_sees(encoder: MiniJoint, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = MiniJoint()
    likely = np.zeros(1000, np.float32)
    likely[[281, 285]] = 0.75, 0.25
    monkeypatch.setattr(fresh._conse._classifier, "probabilities", lambda picture: likely)
    (found,) = fresh.encode_pictures([photo()])
    names = encoder.encode_texts(["tabby, tabby cat", "Egyptian cat"])
    mixed = 0.75 * names[0] + 0.25 * names[1]
    np.testing.assert_allclose(found, mixed / np.linalg.norm(mixed), atol=1e-4)
    assert fresh.label_pictures([photo()], ("photo", "chart")) == ["photo"]


def test_a_picture_does_not_depend_on_the_others(encoder: MiniJoint) -> None:
    pictures = [chart("Rainfall in March"), photo(), Image.new("L", (1, 1))]
    together = MiniJoint().encode_pictures(pictures)
    alone = np.concatenate([MiniJoint().encode_pictures([picture]) for picture in pictures])
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal(together, encoder.encode_pictures(pictures))
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "HSV", "I", "F", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (3, 70), (64, 48)])
def test_pictures_of_any_kind_have_vectors(encoder: MiniJoint, mode: str, size: tuple[int, int]) -> None:
    (found,) = encoder.encode_pictures([Image.new(mode, size)])
    assert found.dtype == np.float32
    assert np.linalg.norm(found) == pytest.approx(1, abs=1e-5)


def test_nothing_gives_no_rows(encoder: MiniJoint) -> None:
    assert encoder.encode_pictures([]).shape == (0, 384)
    assert encoder.label_pictures([], ("chart",)) == []


def test_kinds_are_told_apart_by_measuring(encoder: MiniJoint) -> None:
    shown = [chart("Rainfall in March"), photo()]
    assert encoder.label_pictures(shown, ("chart", "photo")) == ["chart", "photo"]
    assert encoder.label_pictures(shown, ("photo", "map")) == ["", "photo"]


def test_a_picture_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: read.append(picture.size) or [])
    fresh = MiniJoint()
    fresh.label_pictures([chart("a")], ("chart",))
    fresh.encode_pictures([chart("a"), chart("a")])
    assert read == [(420, 320)]


def test_large_pictures_are_read_small(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []
    monkeypatch.setattr("mmrag.vision.ocr.read_text", lambda picture: read.append(picture.size) or [])
    MiniJoint().encode_pictures([Image.new("RGB", (4000, 2000), "white")])
    assert read == [(1000, 500)]


def test_a_broken_picture_is_said_to_be_broken(encoder: MiniJoint) -> None:
    import io

    buffer = io.BytesIO()
    photo().save(buffer, "PNG")
    with pytest.raises(ModelError, match="can't be decoded"):
        encoder.encode_pictures([Image.open(io.BytesIO(buffer.getvalue()[:5000]))])


def test_naming_it_loads_no_library() -> None:
    code = (
        "import sys; from mmrag.encoders.mini_joint import MiniJoint; MiniJoint().fingerprint;"
        "print(sorted({'onnxruntime', 'tokenizers', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_known_words_stand_for_those_that_would_be_read(
    encoder: MiniJoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture = chart("Rainfall in March")
    read = encoder.encode_pictures([picture])
    monkeypatch.setattr(MiniJoint, "_read", lambda *_: pytest.fail("the words are known"))
    known = encoder.encode_read([picture, picture], ["Rainfall in March", "Exports of wine"])
    assert known[0] @ read[0] > known[1] @ read[0]
    assert encoder.label_pictures([picture], ["chart", "photo"], ["Rainfall in March"]) == ["chart"]
    assert encoder.encode_read([], []).shape == (0, encoder.dim)
