"""What every encoder must hold to, run over all that come with mmrag."""

import socket

import numpy as np
import pytest

from mmrag.encoders import Encoder, load_encoder
from mmrag.encoders.batching import encode_query, encode_texts
from mmrag.errors import ModelError

SPECS = ("mini:text", "mini:multilingual")
TEXTS = (
    "The catalyst doubled the yield at 350 degrees.",
    "cat",
    "",
    "   \n ",
    "一种提高产量的催化剂。",
    "control \x00\x07\x1b characters \ud800 and \u202e marks",
    "number 0.672 and -33.388 " * 10,
    "emoji 🚀🚀 and Ωμέγα",
)


@pytest.fixture(scope="module", params=SPECS)
def encoder(request: pytest.FixtureRequest) -> Encoder:
    return load_encoder(request.param)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("an encoder opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)


def test_says_what_it_is(encoder: Encoder) -> None:
    assert encoder.spec in SPECS
    assert encoder.modalities == {"text"}
    assert encoder.fingerprint == load_encoder(encoder.spec).fingerprint
    assert encoder.fingerprint.startswith(encoder.spec)


def test_rows_have_shape_type_and_unit_length(encoder: Encoder) -> None:
    for vectors in (encoder.encode_texts(TEXTS), encoder.encode_queries(TEXTS)):
        assert vectors.shape == (len(TEXTS), encoder.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_same_text_same_vector_whatever_stands_beside_it(encoder: Encoder) -> None:
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    np.testing.assert_array_equal(encoder.encode_texts(TEXTS), alone)
    np.testing.assert_array_equal(encoder.encode_texts(TEXTS[::-1])[::-1], alone)
    for batch_size in (1, 3, 64):
        np.testing.assert_array_equal(encode_texts(encoder, TEXTS, batch_size=batch_size), alone)


def test_nothing_gives_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_texts([]).shape == (0, encoder.dim)
    assert encoder.encode_queries([]).shape == (0, encoder.dim)
    assert encode_texts(encoder, []).shape == (0, encoder.dim)
    assert encoder.count_tokens([]) == []


def test_a_long_text_is_read_to_its_end(encoder: Encoder) -> None:
    long = "The reactor runs hot and stays within its limits. " * 200
    assert len(long) == 10_000
    other = long[:-1000] + "Penguins live on the ice and eat fish every day. " * 20
    vectors = encoder.encode_texts([long, other])
    assert vectors.shape == (2, encoder.dim)
    assert 0.3 < float(vectors[0] @ vectors[1]) < 0.9999


def test_token_counts_are_of_the_whole_text(encoder: Encoder) -> None:
    empty, one, many = encoder.count_tokens(["", "cat", "cat " * 1000])
    assert 2 <= empty <= one == 3
    assert many >= 1000


def test_meaning_beats_words(encoder: Encoder) -> None:
    query = encode_query(encoder, "How do I make the picture larger?")[0]
    near, far = encoder.encode_texts(
        ["Zoom in to enlarge the image.", "The picture frame is made of larch wood."]
    )
    assert query @ near > query @ far


def test_pictures_are_refused(encoder: Encoder) -> None:
    with pytest.raises(ModelError, match="reads text only"):
        encoder.encode_pictures([])


def test_multilingual_places_translations_together() -> None:
    encoder = load_encoder("mini:multilingual")
    english = encoder.encode_texts(["The weather is nice today.", "The file could not be opened."])
    for translated in (
        ["今天天气很好。", "无法打开该文件。"],
        ["Il fait beau aujourd'hui.", "Le fichier n'a pas pu être ouvert."],
        ["今日は天気がいいです。", "ファイルを開けませんでした。"],
    ):
        similarity = english @ encoder.encode_texts(translated).T
        assert similarity.argmax(axis=1).tolist() == [0, 1]
