from collections.abc import Callable
from pathlib import Path

import pytest

from mmrag.errors import ModelError
from mmrag.weights.loading import Weights
from tests.tiny import contrastive, rerankers, sentence

Tiny = Callable[..., Path]


@pytest.fixture(autouse=True)
def on_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_DEVICE", "cpu")
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    monkeypatch.delenv("MMRAG_PRECISION", raising=False)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_model_is_loaded_in_its_precision(
    precision: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MMRAG_PRECISION", precision)
    weights = Weights("clip:tiny", str(tiny(contrastive.clip)))
    model = weights.load("AutoModel")
    assert type(model).__name__ == "CLIPModel"
    assert not model.training
    assert {str(each.dtype) for each in model.parameters()} == {f"torch.{precision}"}
    assert {str(each.device) for each in model.parameters()} == {"cpu"}


def test_the_processor_is_read_once_and_reads_text_too(tiny: Tiny) -> None:
    weights = Weights("clip:tiny", str(tiny(contrastive.clip)))
    assert weights.processor is weights.processor
    assert weights.tokenizer is weights.processor.tokenizer


def test_a_model_of_text_has_its_tokenizer_for_a_processor(tiny: Tiny) -> None:
    weights = Weights("cross:tiny", str(tiny(rerankers.cross)))
    assert weights.tokenizer is weights.processor
    assert weights.tokenizer("a cat")["input_ids"]


def test_a_model_of_sentence_transformers(tiny: Tiny) -> None:
    weights = Weights("st:tiny", str(tiny(sentence.bert)), "sentence_transformers")
    model = weights.load_sentence_transformers("SentenceTransformer")
    assert not model.training
    assert model.encode(["a cat"]).shape == (1, 20)


def test_a_class_that_transformers_does_not_have_is_named(tiny: Tiny) -> None:
    weights = Weights("col:tiny", str(tiny(contrastive.clip)))
    with pytest.raises(ModelError, match="^col:tiny is a NoSuchForRetrieval, which this transformers does"):
        weights.load("NoSuchForRetrieval")


def test_what_fails_becomes_one_line(tiny: Tiny) -> None:
    weights = Weights("vlm:tiny", str(tiny(contrastive.clip)))
    with pytest.raises(ModelError, match="^vlm:tiny failed: Unrecognized configuration class") as caught:
        weights.load("AutoModelForImageTextToText")
    assert "\n" not in str(caught.value)


def test_only_numbers_with_a_fraction_take_the_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setenv("MMRAG_PRECISION", "bfloat16")
    ids, pixels = torch.tensor([[1, 2]]), torch.zeros(1, 3, dtype=torch.float32)
    moved = Weights("clip:tiny", "nowhere").moved(
        {"ids": ids, "tiles": [pixels, ids], "sizes": ((2, 3), None)}
    )
    assert moved["ids"].dtype == torch.int64
    assert [each.dtype for each in moved["tiles"]] == [torch.bfloat16, torch.int64]
    assert moved["sizes"] == ((2, 3), None)
