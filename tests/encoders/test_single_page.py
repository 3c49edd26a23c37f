import numpy as np
import pytest
from PIL import Image

from mmrag.encoders import load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.encoders.single_page import SinglePage
from mmrag.errors import ModelError
from tests.fakes import ColourEncoder, LetterEncoder, LinesEncoder


def view(colour: str) -> PageView:
    return PageView((), (), lambda: Image.new("RGB", (30, 40), colour))


def test_a_page_is_one_vector_of_the_whole_page() -> None:
    pages = SinglePage(ColourEncoder()).encode_pages([view("red"), view("blue")])
    expected = ColourEncoder().encode_texts(["red", "blue"])
    for page, vector in zip(pages, expected, strict=True):
        np.testing.assert_array_equal(page.vectors, vector[None])
        np.testing.assert_array_equal(page.boxes, [[0, 0, 1, 1]])


def test_a_query_is_one_vector() -> None:
    (found,) = SinglePage(ColourEncoder()).encode_queries(["red"])
    np.testing.assert_array_equal(found, ColourEncoder().encode_queries(["red"]))


def test_it_is_called_what_the_encoder_is_called() -> None:
    made, encoder = SinglePage(ColourEncoder()), ColourEncoder()
    for name in ("spec", "dim", "fingerprint", "scripts", "languages"):
        assert getattr(made, name) == getattr(encoder, name)


def test_an_encoder_of_texts_alone_is_refused() -> None:
    with pytest.raises(ModelError, match="reads text only, and strategy visual looks at pages"):
        SinglePage(LetterEncoder()).encode_pages([view("red")])


def test_a_plugin_of_either_kind_is_a_page_encoder() -> None:
    assert isinstance(load_page_encoder("tests.fakes:LinesEncoder"), LinesEncoder)
    assert isinstance(load_page_encoder("tests.fakes:ColourEncoder"), SinglePage)
