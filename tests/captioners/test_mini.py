import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from mmrag.captioners import PictureContext
from mmrag.captioners.mini import captioner as captioner_module
from mmrag.captioners.mini import wording
from mmrag.captioners.mini.captioner import MiniCaption
from mmrag.errors import ModelError
from mmrag.vision.classifier import Classifier
from mmrag.vision.colours import NAMES, name
from mmrag.vision.kinds import Look, look
from mmrag.vision.measures import measure, run_lengths
from mmrag.vision.pixels import upright

NUMBERS = "0 10 20 30 40 50 2021 2022 2023 yield"


def paper() -> tuple[Image.Image, ImageDraw.ImageDraw]:
    picture = Image.new("RGB", (400, 300), "white")
    return picture, ImageDraw.Draw(picture)


def axes(draw: ImageDraw.ImageDraw) -> None:
    draw.line([(40, 20), (40, 260), (380, 260)], fill="black", width=2)


def line_chart(*colours: str) -> Image.Image:
    picture, draw = paper()
    axes(draw)
    for number, colour in enumerate(colours):
        points = [(x, 200 - 50 * number - 20 * np.sin(x / 40)) for x in range(45, 380, 5)]
        draw.line(points, fill=colour, width=2)
    return picture


def bar_chart() -> Image.Image:
    picture, draw = paper()
    axes(draw)
    for number, height in enumerate((50, 120, 90, 180, 140)):
        draw.rectangle([60 + 60 * number, 260 - height, 100 + 60 * number, 260], fill="steelblue")
    return picture


def diagram() -> Image.Image:
    picture, draw = paper()
    for left in (20, 160, 300):
        draw.rectangle([left, 120, left + 80, 160], outline="black", width=2)
        draw.text((left + 10, 130), "Step", fill="black")
    draw.line([(100, 140), (160, 140)], fill="black")
    return picture


def photo() -> Image.Image:
    random = np.random.default_rng(3)
    pixels = random.integers(60, 200, (300, 400, 3), dtype=np.uint8)
    return Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1))


def screenshot() -> Image.Image:
    picture = Image.new("RGB", (400, 300), (200, 200, 210))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([0, 0, 400, 24], fill=(20, 40, 120))
    draw.rectangle([20, 40, 380, 280], fill=(240, 240, 240), outline="black")
    return picture


def page() -> Image.Image:
    picture, draw = paper()
    for top in range(10, 290, 14):
        draw.text((10, top), "A page of words and more words, set in lines", fill="black")
    return picture


@pytest.mark.parametrize(
    ("picture", "context", "said"),
    [
        (line_chart("red"), PictureContext("", NUMBERS), "Line chart in red and black. Words in it: yield."),
        (line_chart("blue", "green"), PictureContext(words=NUMBERS), "Line chart in green, blue and black."),
        (bar_chart(), PictureContext(words=NUMBERS), "Bar chart in blue."),
        (diagram(), PictureContext(words="Step Step Step"), "Diagram in black and white. Words in it: Step."),
        (diagram(), PictureContext(), "Graphic in black and white."),
        (screenshot(), PictureContext(words="File Edit"), "Screenshot in blue. Words in it: File Edit."),
        (line_chart("red"), PictureContext("图 1", NUMBERS, (), "zh"), "折线图，颜色有红色、黑色。图 1。"),
        (line_chart("red"), PictureContext("Fig. 1"), "Graphic in red and black. Fig. 1."),
        (Image.new("RGB", (50, 50), "white"), PictureContext(), "Graphic."),
        (page(), PictureContext(words="A page of words and more words"), "Text or table in black and white."),
    ],
)  # fmt: skip
def test_sentences(picture: Image.Image, context: PictureContext, said: str) -> None:
    assert MiniCaption().caption(picture, context).text.startswith(said)


def test_only_photos_are_classified(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Classifier, "names", lambda self, picture: ["espresso", "cup"])
    assert "probably showing espresso or cup" in MiniCaption().caption(photo(), PictureContext()).text
    assert "showing" not in MiniCaption().caption(diagram(), PictureContext()).text


def test_the_classifier_is_silent_where_it_is_not_sure() -> None:
    assert Classifier().names(photo()) == []


def test_the_classifier_knows_what_it_learnt() -> None:
    """A drawn traffic light: red, yellow and green lamps in a dark box, a class that a drawing can show."""
    picture = Image.new("RGB", (224, 224), (120, 170, 220))
    draw = ImageDraw.Draw(picture)
    draw.rectangle([80, 20, 144, 204], fill=(20, 20, 20))
    for top, colour in ((30, "red"), (88, "yellow"), (146, "green")):
        draw.ellipse([86, top, 138, top + 52], fill=colour)
    assert Classifier().names(picture)[:1] == ["traffic light"]


def test_damaged_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.vision.classifier.SHA256", "0" * 64)
    with pytest.raises(ModelError, match="not the one that was installed: pip install"):
        Classifier().names(photo())


@pytest.mark.parametrize(
    ("caption", "seen"),
    [
        ("Figure 1: Histogram of ages.", Look.HISTOGRAM),
        ("Fig. 2. Scatterplot of mass", Look.SCATTER_PLOT),
        ("Abb. 3: Flussdiagramm", Look.FLOW_CHART),
        ("图 4：系统结构图", Look.DIAGRAM),
        ("A plot of it", Look.LINE_CHART),
        ("Results", Look.LINE_CHART),
        ("Figure 2.5: Gscreen, a touch screen GUI", Look.SCREENSHOT),
    ],
)
def test_the_caption_names_the_kind(caption: str, seen: Look) -> None:
    measures = measure(np.asarray(line_chart("red")))
    assert look(measures, caption, NUMBERS) is seen


def test_a_photo_is_no_chart_whatever_its_caption_says() -> None:
    measures = measure(np.asarray(photo()))
    assert look(measures, "The bar chart on the wall", "") is Look.PHOTO
    assert look(measures, "A map of the site", "") is Look.MAP


COLOURS = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "grey": (128, 128, 128),
    "red": (255, 0, 0),
    "orange": (255, 128, 0),
    "yellow": (255, 230, 0),
    "green": (0, 160, 0),
    "turquoise": (0, 180, 180),
    "blue": (30, 60, 220),
    "purple": (140, 40, 200),
    "pink": (255, 80, 180),
    "brown": (120, 70, 20),
}


@pytest.mark.parametrize("word", NAMES)
def test_names_of_colours(word: str) -> None:
    assert name(*(value / 255 for value in COLOURS[word])) == word


def test_run_lengths() -> None:
    mask = np.array([[1, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]], dtype=bool)
    assert run_lengths(mask).tolist() == [[2, 2, 0, 1], [0, 0, 0, 0], [4, 4, 4, 4]]


def test_measures_of_a_bar_chart() -> None:
    measures = measure(np.asarray(bar_chart()))
    assert measures.light
    assert measures.border == pytest.approx(0.5, abs=0.01), "the axes are two of its sides"
    assert measures.solid > 0.9
    assert measures.steps > 0.95
    assert next(iter(measures.colours)) == "blue"


def test_transparency_is_white_and_sixteen_bits_are_spread() -> None:
    clear = np.asarray(upright(Image.new("RGBA", (4, 4), (255, 0, 0, 0))))
    assert (clear == 255).all()
    deep = upright(Image.fromarray(np.array([[0, 1000], [2000, 4000]], dtype=np.uint16)))
    assert np.asarray(deep)[..., 0].tolist() == [[0, 63], [127, 255]]


def test_long_pictures_keep_a_pixel_of_width() -> None:
    assert upright(Image.new("RGB", (10, 40_000))).size == (1, 640)


@pytest.mark.parametrize(
    ("words", "known", "expected"),
    [
        ("", "", ""),
        ("0 1 2 3.5", "", ""),
        ("a b a B", "", "a b B"),
        ("Yield rate, time", "Figure 1: yield", "rate, time"),
        (
            " ".join(f"w{number}x" for number in range(30)),
            "",
            " ".join(f"w{number}x" for number in range(24)) + " …",
        ),
    ],
)
def test_shortened_words(words: str, known: str, expected: str) -> None:
    assert wording.shortened(words, known) == expected


def test_naming_the_captioner_loads_no_library() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from mmrag.captioners import load_captioner; load_captioner('mini:caption').fingerprint;"
        "print('onnxruntime' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    assert captioner_module.MiniCaption.fingerprint.startswith("mini:caption")
