"""``st:`` against the library, called directly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.models.sentence import SentenceEncoder
from mmrag.errors import ModelError
from tests.tiny import contrastive, sentence
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]
TEXTS = ["a cat", "", "a chart of the yield 中文"]


def direct(folder: Path, texts: list[str], prompt: str) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu")
    return model.encode(texts, prompt=prompt or None, normalize_embeddings=True)


def test_each_side_has_its_own_prompt(tiny: Tiny) -> None:
    folder = tiny(sentence.bert)
    found = SentenceEncoder(str(folder))
    texts, queries = found.encode_texts(TEXTS), found.encode_queries(TEXTS)
    np.testing.assert_allclose(texts, direct(folder, TEXTS, sentence.DOCUMENT), rtol=0, atol=1e-6)
    np.testing.assert_allclose(queries, direct(folder, TEXTS, sentence.QUERY), rtol=0, atol=1e-6)
    assert np.abs(texts - queries).max() > 1e-4


def test_a_model_that_sees_gives_the_numbers_of_the_library(tiny: Tiny) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tiny(sentence.qwen2_vl)
    found, model = SentenceEncoder(str(folder)), SentenceTransformer(str(folder), device="cpu")
    shown = [pictures()["RGB"], pictures()["L"].convert("RGB")]
    assert found.modalities == {"text", "picture"}
    np.testing.assert_allclose(found.encode_pictures(shown), model.encode(shown), rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.encode_texts(TEXTS), model.encode(TEXTS), rtol=0, atol=1e-6)


@pytest.mark.parametrize("build", [sentence.qwen2_vl, contrastive.clip])
def test_a_text_is_never_opened_as_a_picture(build: object, tiny: Tiny, tmp_path: Path) -> None:
    found = SentenceEncoder(str(tiny(build)))
    path = tmp_path / "secret.png"
    Image.new("RGB", (64, 64), "red").save(path)
    texts = [str(path), "https://example.com/a.png", "data:image/png;base64,aaaa"]
    (seen,) = found.encode_pictures([Image.open(path)])
    for vectors in (found.encode_texts(texts), found.encode_queries(texts)):
        assert np.abs(vectors[0] - seen).max() > 1e-3
        assert np.abs(vectors[0] - vectors[1]).max() > 1e-5


def test_the_prompt_counts_as_tokens(tiny: Tiny) -> None:
    found = SentenceEncoder(str(tiny(sentence.bert)))
    # [CLS] and [SEP], the eight characters of "passage:", and the text's own.
    assert found.count_tokens(["", "a cat"]) == [10, 14]
    assert found.max_tokens == 64


def test_the_chat_template_counts_as_tokens(tiny: Tiny) -> None:
    from sentence_transformers import SentenceTransformer

    folder = tiny(sentence.qwen2_vl)
    whole = SentenceTransformer(str(folder), device="cpu").preprocess([{"text": "a cat"}])
    assert SentenceEncoder(str(folder)).count_tokens(["a cat"]) == [whole["input_ids"].shape[1]]


@pytest.mark.parametrize(
    ("build", "options", "dim", "told"),
    [
        (sentence.bert, {}, 20, True),
        (sentence.bert, {"dense": False}, 32, True),
        (sentence.bert, {"cut": 12}, 12, True),
        (sentence.bert, {"dense": False, "pooling": ("mean", "max")}, 64, False),
        (sentence.qwen2_vl, {}, 32, True),
        (contrastive.clip, {}, 24, False),
    ],
)
def test_dim_is_read_from_the_settings_where_they_tell(
    build: Any, options: dict[str, Any], dim: int, told: bool, tiny: Tiny
) -> None:
    folder = str(tiny(build, **options))
    assert SentenceEncoder(folder).encode_texts(["a"]).shape == (1, dim)
    fresh = SentenceEncoder(folder)
    assert (fresh.dim, "_loaded" not in vars(fresh)) == (dim, told)


def test_pictures_are_refused_by_a_model_of_texts(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="reads text only"):
        SentenceEncoder(str(tiny(sentence.bert))).encode_pictures([Image.new("RGB", (4, 4))])


def test_a_text_without_a_token_has_a_vector_too(tiny: Tiny) -> None:
    (vector,) = SentenceEncoder(str(tiny(sentence.static))).encode_texts([""])
    np.testing.assert_allclose(vector, np.full(16, 0.25), atol=1e-6)


def test_a_model_that_does_not_say_how_to_pool_is_named(tiny: Tiny, caplog: pytest.LogCaptureFixture) -> None:
    SentenceEncoder(str(tiny(sentence.bert))).encode_texts(["a"])
    SentenceEncoder(str(tiny(contrastive.clip))).encode_texts(["a"])
    assert caplog.messages == []
    found = SentenceEncoder(str(tiny(sentence.bert).parent / "plain"))
    found.encode_texts(["a"])
    assert caplog.messages == [
        f"{found.spec} does not say how its tokens become one vector; the library's default is taken"
    ]
