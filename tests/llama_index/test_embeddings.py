"""Embedding models of LlamaIndex as encoders."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import mmrag
from mmrag.config import CaptionOptions, IngestOptions, JointOptions
from mmrag.encoders import Encoder, load_encoder, load_page_encoder
from mmrag.errors import MissingExtraError, ModelError, SpecError
from mmrag.llama_index.embeddings import MAX_TOKENS, LlamaIndexEncoder
from mmrag.models import models_of, require
from tests.encoders.test_contract import (
    test_a_long_text_is_encoded,
    test_nothing_gives_no_rows,
    test_pictures_of_every_kind,
    test_rows_have_shape_type_and_unit_length,
    test_same_text_same_vector_whatever_stands_beside_it,
    test_says_what_it_is,
    test_texts_differ,
    test_what_is_counted_is_what_is_read,
)
from tests.fakes import LetterEncoder

__all__ = [
    "test_a_long_text_is_encoded",
    "test_nothing_gives_no_rows",
    "test_pictures_of_every_kind",
    "test_rows_have_shape_type_and_unit_length",
    "test_same_text_same_vector_whatever_stands_beside_it",
    "test_says_what_it_is",
    "test_texts_differ",
    "test_what_is_counted_is_what_is_read",
]

LETTERS = "llama-index:tests.llama_index.parts:LetterEmbedding"
COLOURS = "llama-index:tests.llama_index.parts:ColourEmbedding"


@pytest.fixture(params=[f"{LETTERS}?embed_batch_size=3", COLOURS])
def spec(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def encoder(spec: str) -> Encoder:
    return load_encoder(spec)


@pytest.fixture
def atol() -> float:
    return 0.0


def test_vectors_are_those_of_the_class_at_unit_length() -> None:
    encoder = load_encoder(LETTERS)
    np.testing.assert_allclose(encoder.encode_texts(["abba"])[0, :3], [0.5**0.5, 0.5**0.5, 0], atol=1e-7)
    text = ["A zebra has stripes."]
    np.testing.assert_allclose(encoder.encode_texts(text), LetterEncoder().encode_texts(text), atol=1e-6)
    query = encoder.encode_queries(["ab"])[0]
    np.testing.assert_allclose(query[[0, 1, 25]], [3**-0.5] * 3, atol=1e-7)


def test_batches_are_those_of_the_class() -> None:
    encoder = LlamaIndexEncoder(f"{LETTERS.partition(':')[2]}?embed_batch_size=3")
    encoder.encode_texts(list("abcdefgh"))
    assert encoder._part.made._batches == [3, 3, 2]


def test_no_text_is_taken_for_a_picture() -> None:
    encoder = LlamaIndexEncoder(COLOURS.partition(":")[2])
    texts = [
        "https://example.com/a",
        "DATA:image/png;base64,",
        "/etc/a.PNG",
        "See a.png there.",
        "<|im_end|>",
        "",
    ]
    encoder.encode_texts(texts[:3])
    encoder.encode_queries(texts[3:])
    assert encoder._part.made._read == [*(f" {text}" for text in texts[:3]), texts[3], " ", " "]
    letters = LlamaIndexEncoder(LETTERS.partition(":")[2])
    assert letters._clean(texts[:1]) == texts[:1]  # it takes no pictures


def test_modalities_and_limits_are_those_of_the_class() -> None:
    letters, colours = load_encoder(LETTERS), load_encoder(COLOURS)
    assert (letters.modalities, letters.dim, letters.max_tokens) == ({"text"}, 26, MAX_TOKENS)
    assert (colours.modalities, colours.dim, colours.max_tokens) == ({"text", "picture"}, 26, 64)
    assert load_encoder(f"{LETTERS}?embed_dim=5").encode_texts(["abc"]).shape == (1, 5)
    assert letters.count_tokens(["ab cd"]) == [4]


def test_a_fingerprint_has_the_version_of_the_package() -> None:
    core = "llama-index:llama_index.core.embeddings:MockEmbedding?embed_dim=3"
    found = load_encoder(core).fingerprint
    assert re.fullmatch(re.escape(core) + r" llama-index-core 0\.14\.\d+.*", found)
    assert load_encoder(f"{core}&model_name=x").fingerprint != found
    # One direction for all texts is of unit length none the less.
    assert load_encoder(core).encode_texts(["a"])[0].tolist() == pytest.approx([3**-0.5] * 3)


def test_what_fails_is_said_in_one_line() -> None:
    with pytest.raises(
        ModelError, match=r"parts:LetterEmbedding failed: ConnectionError: the server is gone"
    ):
        load_encoder(LETTERS).encode_texts(["broken"])
    with pytest.raises(ModelError, match=r"MockEmbedding could not be made: TypeError: .*embed_dim"):
        _ = load_encoder("llama-index:llama_index.core.embeddings:MockEmbedding").dim


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("LetterEmbedding", "wanted is llama-index:package.module:Class"),
        ("tests.llama_index.parts", "wanted is llama-index:package.module:Class"),
        ("tests.llama_index.parts:LetterEmbedding?embed_dim", "wanted is .key=value&key=value"),
        (
            "tests.llama_index.parts:LetterEmbedding?a=1&a=2",
            "'a' is no name of an argument, or is given twice",
        ),
        (
            "tests.llama_index.parts:LetterEmbedding?api_key=12",
            "argument api_key of .*LetterEmbedding is a secret",
        ),
        ("llama_index.embeddings.nobody:Nobody", "can't be found: pip install llama-index-embeddings-nobody"),
        ("someones_package.parts:Nobody", "can't be found: pip install someones-package"),
    ],
)
def test_a_wrong_name_is_refused_at_once(name: str, message: str) -> None:
    with pytest.raises(SpecError, match=message) as raised:
        load_encoder(f"llama-index:{name}")
    assert "=12" not in str(raised.value)


@pytest.mark.parametrize("name", ["NoModel", "Missing", "letters"])
def test_a_class_that_is_none_is_refused_when_it_is_needed(name: str) -> None:
    encoder = load_encoder(f"llama-index:tests.llama_index.parts:{name}")
    with pytest.raises(SpecError, match="names no embedding model: tests.llama_index.parts has"):
        _ = encoder.modalities


def test_what_a_recipe_lacks_is_said_before_a_run() -> None:
    spec = "llama-index:llama_index.embeddings.nobody:Nobody"
    recipe = mmrag.Recipe(strategies=("caption",), caption=CaptionOptions(encoders=(LETTERS, spec)))
    assert {model.spec: model.problem for model in models_of(recipe) if "llama" in model.spec} == {
        LETTERS: "",
        spec: "the module llama_index.embeddings.nobody can't be imported from here: "
        "pip install llama-index-embeddings-nobody",
    }
    with pytest.raises(ModelError, match="pip install llama-index-embeddings-nobody"):
        require(recipe)


def test_without_the_extra_nothing_is_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.models.is_importable", lambda module: module != "llama_index.core")
    recipe = mmrag.Recipe(strategies=("caption",), caption=CaptionOptions(encoders=(LETTERS,)))
    with pytest.raises(MissingExtraError, match=r"pip install 'mmrag\[llama-index\]'"):
        require(recipe)


def test_without_the_extra_the_message_is_the_install_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmrag.llama_index.extra.find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mmrag\[llama-index\]'"):
        load_encoder(LETTERS)


def test_an_index_is_built_with_them(built: Path, tmp_path: Path) -> None:
    recipe = mmrag.Recipe(
        name="theirs",
        strategies=("joint", "caption"),
        ingest=IngestOptions(workers=1, ocr="never"),
        caption=CaptionOptions(captioner="tests.fakes:SizeCaptioner", encoders=(LETTERS,)),
        joint=JointOptions(encoders=(COLOURS,), labels=()),
    )
    with mmrag.build(built.parent / "docs", tmp_path / "index", pipeline=recipe) as index:
        hit = index.search("zebra stripes", top_k=1)[0]
        assert hit.element.text.startswith("A zebra has stripes.")
        lists = {source.list for source in hit.sources}
        assert {f"caption/{LETTERS}", f"joint/{COLOURS}/text"} <= lists
        query = mmrag.Query(picture=str(built.parent / "docs/warm.png"))
        found = index.search(query, top_k=1, strategies="joint")[0]
        assert {element.caption for element in found.elements} & {"Sunset over dunes", ""}
        assert index.info().fingerprints[f"caption/{LETTERS}"] == LETTERS


def test_a_page_may_be_seen_as_one_picture() -> None:
    assert load_page_encoder(COLOURS).dim == 26
