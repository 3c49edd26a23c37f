"""``col:`` against transformers, called directly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.base import PageView
from mmrag.encoders.models.late import LateInteraction
from mmrag.errors import ModelError
from tests.tiny import contrastive, late, sentence
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]
QUERIES = ["what is the yield?", "a chart"]
KINDS = {
    late.colpali: "ColPaliForRetrieval",
    late.colqwen2: "ColQwen2ForRetrieval",
    late.colmodernvbert: "ColModernVBertForRetrieval",
}


def views(*shown: Image.Image) -> list[PageView]:
    return [PageView((), (), lambda each=each: each) for each in shown]


def alone(model: Any, inputs: Any) -> np.ndarray:
    inputs.pop("labels", None)
    return model(**inputs).embeddings[0].detach().numpy()


@pytest.mark.parametrize("build", KINDS)
def test_numbers_are_those_of_the_library(build: Any, tiny: Tiny) -> None:
    import transformers

    folder = tiny(build)
    model = getattr(transformers, KINDS[build]).from_pretrained(folder).eval()
    processor = transformers.AutoProcessor.from_pretrained(folder)
    found = LateInteraction(str(folder))
    shown = [pictures()["RGB"], pictures()["portrait"], Image.new("RGB", (300, 200), "red")]
    for picture, page in zip(shown, found.encode_pages(views(*shown)), strict=True):
        expected = alone(model, processor.process_images([picture], return_tensors="pt"))
        np.testing.assert_allclose(page.vectors, expected, rtol=0, atol=1e-5)
    for query, vectors in zip(QUERIES, found.encode_queries(QUERIES), strict=True):
        expected = alone(model, processor.process_queries([query], return_tensors="pt"))
        np.testing.assert_allclose(vectors, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("build", KINDS)
def test_dim_loads_no_weights(build: Any, tiny: Tiny) -> None:
    found = LateInteraction(str(tiny(build)))
    assert found.dim == 16
    assert found.fingerprint.startswith(f"col:{tiny(build)} sha256:")
    assert "_loaded" not in vars(found)


def grid(rows: int, columns: int) -> np.ndarray:
    return np.array(
        [
            [column / columns, row / rows, (column + 1) / columns, (row + 1) / rows]
            for row in range(rows)
            for column in range(columns)
        ]
    )


def test_colpali_sees_a_square_grid_of_the_whole_page(tiny: Tiny) -> None:
    (page,) = LateInteraction(str(tiny(late.colpali))).encode_pages(views(Image.new("RGB", (210, 297))))
    np.testing.assert_allclose(page.boxes[:16], grid(4, 4))
    assert np.isnan(page.boxes[16:]).all()
    assert len(page.boxes) > 16


def test_colqwen2_sees_a_grid_of_the_page_s_own_shape(tiny: Tiny) -> None:
    wide, tall = LateInteraction(str(tiny(late.colqwen2))).encode_pages(
        views(Image.new("RGB", (112, 56)), Image.new("RGB", (56, 84)))
    )
    for page, shape in ((wide, (2, 4)), (tall, (3, 2))):
        placed = page.boxes[~np.isnan(page.boxes).any(axis=1)]
        np.testing.assert_allclose(placed, grid(*shape), atol=1e-6)


def test_colmodernvbert_sees_tiles_and_the_whole_page(tiny: Tiny) -> None:
    (page,) = LateInteraction(str(tiny(late.colmodernvbert))).encode_pages(views(Image.new("RGB", (64, 32))))
    placed = page.boxes[~np.isnan(page.boxes).any(axis=1)]
    left, right = grid(2, 2) * [0.5, 1, 0.5, 1], np.array([0.5, 0, 0.5, 0])
    np.testing.assert_allclose(placed, np.concatenate([left, left + right, grid(2, 2)]))


def test_a_very_long_query_is_read_from_its_beginning(tiny: Tiny) -> None:
    found = LateInteraction(str(tiny(late.colpali)))
    one, two = found.encode_queries(["a" * 2000, "a" * 2000 + "b" * 100])
    np.testing.assert_allclose(one, two, rtol=0, atol=1e-5)


def test_english_text_halves_say_so(tiny: Tiny) -> None:
    assert LateInteraction(str(tiny(late.colmodernvbert))).languages == {"en"}
    assert LateInteraction(str(tiny(late.colqwen2))).languages is None


def test_words_that_stand_for_pictures_are_plain_text(tiny: Tiny) -> None:
    found = LateInteraction(str(tiny(late.colqwen2)))
    spoilt, plain = found.encode_queries(["a <|image_pad|> b", "a   b"])
    np.testing.assert_allclose(spoilt, plain, rtol=0, atol=1e-6)


def test_a_format_of_sentence_transformers_gives_the_same(tiny: Tiny) -> None:
    plain = LateInteraction(str(tiny(late.colqwen2)))
    other = LateInteraction(str(tiny(late.multi_vector)))
    shown = views(pictures()["RGB"], pictures()["portrait"])
    for one, two in zip(plain.encode_pages(shown), other.encode_pages(shown), strict=True):
        np.testing.assert_allclose(two.vectors, one.vectors, rtol=0, atol=1e-5)
        np.testing.assert_array_equal(two.boxes, one.boxes)
    for one, two in zip(plain.encode_queries(QUERIES), other.encode_queries(QUERIES), strict=True):
        np.testing.assert_allclose(two, one, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            contrastive.clip,
            "is a CLIPModel, not one of many vectors a page .*: for one vector a page, name it st:",
        ),
        (late.text_only, "reads text only, and strategy visual looks at pages"),
        (sentence.bert, "reads text only|not one of many vectors"),
    ],
)
def test_a_model_of_another_kind_is_refused(build: Any, message: str, tiny: Tiny) -> None:
    with pytest.raises(ModelError, match=message):
        LateInteraction(str(tiny(build))).encode_queries(["a"])
