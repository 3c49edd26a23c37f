"""What every encoder must hold to, run over all that come with mmrag.

The mini models are run with their own weights, all others with tiny random ones: real loading, real
preprocessing, no meaning.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmrag.encoders import Encoder, load_encoder
from mmrag.encoders.batching import encode_pictures, encode_query, encode_texts
from mmrag.errors import ModelError
from tests.tiny import contrastive, sentence
from tests.tiny.pictures import pictures

MINI = ("mini:text", "mini:multilingual")
TINY = {
    "st:bert": sentence.bert,
    "st:static": sentence.static,
    "st:qwen2_vl": sentence.qwen2_vl,
    "st:clip": contrastive.clip,
    "st:siglip2": contrastive.siglip2,
    "clip:clip": contrastive.clip,
    "clip:chinese_clip": contrastive.chinese_clip,
    "siglip:siglip2": contrastive.siglip2,
    "siglip:siglip2_naflex": contrastive.siglip2_naflex,
    "open_clip:open_clip": contrastive.open_clip,
}
TEXTS = (
    "The catalyst doubled the yield at 350 degrees.",
    "cat",
    "",
    "   \n ",
    "一种提高产量的催化剂。",
    "control \x00\x07\x1b characters \ud800 and \u202e marks",
    "number 0.672 and -33.388 " * 10,
    "emoji 🚀🚀 and Ωμέγα",
    "https://example.com/picture.png",
    "data:image/png;base64,iVBORw0KGgo=",
    "<image> <|image_pad|> <|endoftext|> [SEP] </s> <end_of_text>",
)


@pytest.fixture(scope="module", params=[*MINI, *TINY])
def spec(request: pytest.FixtureRequest, tiny: Callable[..., Path]) -> str:
    name = str(request.param)
    return f"{name.partition(':')[0]}:{tiny(TINY[name])}" if name in TINY else name


@pytest.fixture(scope="module")
def encoder(spec: str) -> Encoder:
    return load_encoder(spec)


@pytest.fixture(scope="module")
def atol(encoder: Encoder) -> float:
    """How far a vector may move with what stands beside it: sums in another order, where texts are padded."""
    return 0.0 if encoder.spec in MINI else 1e-5


def test_says_what_it_is(encoder: Encoder, spec: str) -> None:
    assert encoder.spec == spec
    assert {"text"} <= encoder.modalities <= {"text", "picture"}
    assert encoder.fingerprint == load_encoder(spec).fingerprint
    assert encoder.fingerprint.startswith(spec)
    assert encoder.max_tokens > 2
    assert encoder.scripts is None or all(len(script) == 4 for script in encoder.scripts)
    assert encoder.languages is None or all(len(language) == 2 for language in encoder.languages)


def test_rows_have_shape_type_and_unit_length(encoder: Encoder) -> None:
    for vectors in (encoder.encode_texts(TEXTS), encoder.encode_queries(TEXTS)):
        assert vectors.shape == (len(TEXTS), encoder.dim)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_same_text_same_vector_whatever_stands_beside_it(encoder: Encoder, atol: float) -> None:
    alone = np.concatenate([encoder.encode_texts([text]) for text in TEXTS])
    np.testing.assert_array_equal(encoder.encode_texts(TEXTS[:1]), alone[:1])
    np.testing.assert_allclose(encoder.encode_texts(TEXTS), alone, rtol=0, atol=atol)
    np.testing.assert_allclose(encoder.encode_texts(TEXTS[::-1])[::-1], alone, rtol=0, atol=atol)
    np.testing.assert_allclose(encode_texts(encoder, TEXTS, batch_size=3), alone, rtol=0, atol=atol)


def test_nothing_gives_no_rows(encoder: Encoder) -> None:
    assert encoder.encode_texts([]).shape == (0, encoder.dim)
    assert encoder.encode_queries([]).shape == (0, encoder.dim)
    assert encode_texts(encoder, []).shape == (0, encoder.dim)
    assert encoder.count_tokens([]) == []


def test_a_long_text_is_encoded(encoder: Encoder) -> None:
    long = "The reactor runs hot and stays within its limits. " * 200
    assert len(long) == 10_000
    np.testing.assert_allclose(np.linalg.norm(encoder.encode_texts([long, "cat"]), axis=1), 1, atol=1e-5)
    assert encoder.count_tokens([long])[0] > 1000


def test_what_is_counted_is_what_is_read(encoder: Encoder) -> None:
    empty, one, many = encoder.count_tokens(["", "cat", "cat " * 1000])
    assert 0 <= empty <= one < many
    assert many >= 1000


def test_texts_differ(encoder: Encoder) -> None:
    first, second = encoder.encode_texts([TEXTS[0], TEXTS[6]])
    assert np.abs(first - second).max() > 1e-4


def test_pictures_of_every_kind(encoder: Encoder, atol: float) -> None:
    if "picture" not in encoder.modalities:
        with pytest.raises(ModelError, match="reads text only"):
            encoder.encode_pictures([])
        return
    alone = np.concatenate([encoder.encode_pictures([picture]) for picture in pictures().values()])
    assert alone.shape == (len(pictures()), encoder.dim)
    np.testing.assert_allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)
    together = encode_pictures(encoder, iter(pictures().values()), len(pictures()), batch_size=5)
    np.testing.assert_allclose(together, alone, rtol=0, atol=atol)
    assert encoder.encode_pictures([]).shape == (0, encoder.dim)
    first, second = encoder.encode_pictures([pictures()["RGB"], pictures()["portrait"]])
    assert np.abs(first - second).max() > 1e-4


@pytest.mark.parametrize("spec", MINI)
def test_meaning_beats_words(spec: str) -> None:
    encoder = load_encoder(spec)
    query = encode_query(encoder, "How do I make the picture larger?")[0]
    near, far = encoder.encode_texts(
        ["Zoom in to enlarge the image.", "The picture frame is made of larch wood."]
    )
    assert query @ near > query @ far


@pytest.mark.parametrize("spec", MINI)
def test_a_long_text_is_read_to_its_end(spec: str) -> None:
    long = "The reactor runs hot and stays within its limits. " * 200
    other = long[:-1000] + "Penguins live on the ice and eat fish every day. " * 20
    vectors = load_encoder(spec).encode_texts([long, other])
    assert 0.3 < float(vectors[0] @ vectors[1]) < 0.9999


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
