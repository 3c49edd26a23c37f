"""``clip:`` and ``siglip:`` against the library that runs them, called directly."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders.models import contrastive as ours
from mmrag.encoders.models.sentence import SentenceEncoder
from mmrag.errors import ModelError
from tests.tiny import contrastive, rerankers
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]
TEXTS = ["a cat", "a chart of the yield", "", "中文图表"]
CASES = [
    (contrastive.clip, "clip", True),
    (contrastive.chinese_clip, "clip", True),
    (contrastive.siglip2, "siglip", "max_length"),
    (contrastive.siglip2_naflex, "siglip", "max_length"),
]


def encoder(family: str, folder: Path) -> ours.Contrastive:
    return getattr(ours, family)(str(folder))


def unit(features: Any) -> np.ndarray:
    rows = features.pooler_output.detach().numpy()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(("build", "family", "padding"), CASES)
def test_numbers_are_those_of_the_library(build: Any, family: str, padding: Any, tiny: Tiny) -> None:
    folder = tiny(build)
    from transformers import AutoModel, AutoProcessor

    model, processor = AutoModel.from_pretrained(folder).eval(), AutoProcessor.from_pretrained(folder)
    found = encoder(family, folder)
    words = processor.tokenizer(
        TEXTS, padding=padding, max_length=found.max_tokens, truncation=True, return_tensors="pt"
    )
    np.testing.assert_allclose(
        found.encode_texts(TEXTS), unit(model.get_text_features(**words)), rtol=0, atol=1e-6
    )
    np.testing.assert_array_equal(found.encode_queries(TEXTS), found.encode_texts(TEXTS))
    shown = [pictures()["RGB"], pictures()["portrait"]]
    pixels = processor.image_processor(images=shown, return_tensors="pt")
    np.testing.assert_allclose(
        found.encode_pictures(shown), unit(model.get_image_features(**pixels)), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize(
    ("build", "family", "limit", "token"),
    [
        (contrastive.clip, "clip", 77, "a"),
        (contrastive.chinese_clip, "clip", 52, "中"),
        (contrastive.siglip2, "siglip", 64, "a"),
    ],
)
def test_a_text_is_read_to_the_limit_and_no_further(
    build: Any, family: str, limit: int, token: str, tiny: Tiny
) -> None:
    found = encoder(family, tiny(build))
    assert found.max_tokens == limit
    (around,) = found.count_tokens([""])
    room = limit - around
    assert found.count_tokens([token * room]) == [limit]
    full, beyond, far_beyond = found.encode_texts([token * (room + extra) for extra in (0, 1, 900)])
    np.testing.assert_allclose(far_beyond, beyond, rtol=0, atol=1e-6)
    (shorter,) = found.encode_texts([token * (room - 3)])
    assert np.abs(shorter - full).max() > 1e-5


def test_words_that_steer_the_tokenizer_are_plain_text(tiny: Tiny) -> None:
    found = encoder("clip", tiny(contrastive.clip))
    spoilt, plain = found.encode_texts(["a <|endoftext|> cat", "a   cat"])
    np.testing.assert_allclose(spoilt, plain, rtol=0, atol=1e-6)


def test_siglip_reads_lower_case(tiny: Tiny) -> None:
    found = encoder("siglip", tiny(contrastive.siglip2))
    upper, lower = found.encode_texts(["A Cat", "a cat"])
    np.testing.assert_array_equal(upper, lower)


@pytest.mark.parametrize(("build", "family", "padding"), CASES[:3])
def test_sentence_transformers_gives_the_same(build: Any, family: str, padding: Any, tiny: Tiny) -> None:
    direct, other = encoder(family, tiny(build)), SentenceEncoder(str(tiny(build)))
    assert other.dim == direct.dim
    np.testing.assert_allclose(other.encode_texts(TEXTS), direct.encode_texts(TEXTS), rtol=0, atol=1e-6)
    shown = list(pictures().values())
    np.testing.assert_allclose(other.encode_pictures(shown), direct.encode_pictures(shown), rtol=0, atol=1e-6)


def test_dim_and_languages_load_no_weights(tiny: Tiny) -> None:
    found = encoder("clip", tiny(contrastive.clip))
    assert found.dim == 24
    assert found.languages is None
    assert found.fingerprint
    assert "_loaded" not in vars(found)


@pytest.mark.parametrize(
    ("kind", "words", "languages", "scripts"),
    [
        ("clip", 49408, {"en"}, {"Latn"}),
        ("clip", 250002, None, None),
        ("siglip", 32000, {"en"}, {"Latn"}),
        ("siglip", 256000, None, None),
        ("chinese_clip", 21128, {"zh", "en"}, {"Hani", "Latn"}),
        ("bert", 30522, {"en"}, {"Latn"}),
        ("xlm-roberta", 250002, None, None),
    ],
)
def test_languages_by_vocabulary(
    kind: str, words: int, languages: set[str] | None, scripts: set[str] | None
) -> None:
    from types import SimpleNamespace

    from mmrag.encoders.models.languages import languages_of

    config = SimpleNamespace(model_type=kind, text_config=SimpleNamespace(vocab_size=words))
    assert languages_of(config) == (scripts, languages)


def test_a_model_of_another_kind_says_what_it_is(tiny: Tiny) -> None:
    found = encoder("clip", tiny(rerankers.cross))
    with pytest.raises(
        ModelError, match="is a BertForSequenceClassification, not a model of texts and pictures: try st:"
    ):
        found.encode_pictures([Image.new("RGB", (8, 8))])
