import numpy as np
import pytest
from PIL import Image

from mmrag.encoders import load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.encoders.single_page import SinglePage
from mmrag.errors import ModelError, SpecError
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


def test_an_encoder_of_texts_alone_is_refused_when_it_is_made() -> None:
    with pytest.raises(ModelError, match="reads text only, and strategy visual looks at pages"):
        SinglePage(LetterEncoder())


def test_an_encoder_whose_weights_must_tell_is_asked_at_the_first_page() -> None:
    asked: list[str] = []

    class Late(ColourEncoder):
        @property
        def modalities(self) -> frozenset[str]:  # type: ignore[override]
            asked.append("modalities")
            return frozenset({"text"})

    made = SinglePage(Late())
    assert asked == []
    with pytest.raises(ModelError, match="reads text only"):
        made.encode_pages([view("red")])


def test_every_encoder_of_pictures_is_a_page_encoder() -> None:
    made = load_page_encoder("mini:joint")
    assert isinstance(made, SinglePage)
    (page,) = made.encode_pages([view("red")])
    assert page.vectors.shape == (1, made.dim)
    with pytest.raises(SpecError, match="no page encoder is named 'mini:text'"):
        load_page_encoder("mini:text")


def test_a_plugin_of_either_kind_is_a_page_encoder() -> None:
    assert isinstance(load_page_encoder("tests.fakes:LinesEncoder"), LinesEncoder)
    assert isinstance(load_page_encoder("tests.fakes:ColourEncoder"), SinglePage)
