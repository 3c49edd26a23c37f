"""The rerankers against the libraries that run them, called directly."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.errors import MissingExtraError, ModelError
from mmrag.rerankers import Candidate, load_reranker
from mmrag.rerankers.yes_no import YesNoReranker
from tests.tiny import contrastive, rerankers
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]
QUERY = "what is the yield?"
TEXTS = ["a cat", "the yield is 12.", "a chart of the yield " * 20]
PICTURES = [pictures()["RGB"], Image.new("RGB", (70, 40), "red"), Image.new("RGB", (40, 70), "blue")]
CANDIDATES = [Candidate(text, lambda each=each: each) for text, each in zip(TEXTS, PICTURES, strict=True)]


def test_a_cross_encoder_gives_the_numbers_of_the_library(tiny: Tiny) -> None:
    folder = tiny(rerankers.cross)
    from sentence_transformers import CrossEncoder

    expected = CrossEncoder(str(folder), device="cpu").predict([(QUERY, text) for text in TEXTS])
    found = load_reranker(f"cross:{folder}").score(QUERY, CANDIDATES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_cross_encoder_that_chats_gives_the_numbers_of_the_library(tiny: Tiny) -> None:
    folder = tiny(rerankers.chatting)
    from sentence_transformers import CrossEncoder

    expected = CrossEncoder(str(folder), device="cpu").predict([(QUERY, text) for text in TEXTS])
    found = load_reranker(f"cross:{folder}").score(QUERY, CANDIDATES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_a_classifier_is_no_reranker(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="sorts into 3 classes; a reranker gives one score"):
        load_reranker(f"cross:{tiny(rerankers.cross, labels=3)}").score(QUERY, CANDIDATES)


def test_blip_gives_the_probability_of_a_match(tiny: Tiny) -> None:
    folder = tiny(rerankers.blip)
    import torch
    from transformers import AutoProcessor, BlipForImageTextRetrieval

    model, processor = (
        BlipForImageTextRetrieval.from_pretrained(folder).eval(),
        AutoProcessor.from_pretrained(folder),
    )
    expected = []
    with torch.no_grad():
        for picture in PICTURES:
            inputs = processor(images=picture, text=QUERY, return_tensors="pt")
            expected.append(model(**inputs, use_itm_head=True).itm_score.softmax(1)[0, 1].item())
    found = load_reranker(f"itm:{folder}").score(QUERY, CANDIDATES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_vilt_gives_the_score_of_the_library(tiny: Tiny) -> None:
    folder = tiny(rerankers.vilt)
    import torch
    from transformers import AutoProcessor, ViltForImageAndTextRetrieval

    model = ViltForImageAndTextRetrieval.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    expected = []
    with torch.no_grad():
        for picture in PICTURES:
            inputs = processor(images=picture, text=QUERY, return_tensors="pt")
            expected.append(model(**inputs).logits.item())
    found = load_reranker(f"itm:{folder}").score(QUERY, CANDIDATES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_scoring_leaves_the_caller_s_random_numbers_alone(tiny: Tiny) -> None:
    reranker = load_reranker(f"itm:{tiny(rerankers.vilt)}")
    import torch

    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    reranker.score(QUERY, CANDIDATES)
    assert torch.equal(torch.rand(3), expected)


def test_matching_knows_its_models(tiny: Tiny) -> None:
    with pytest.raises(ModelError, match="is a CLIPModel, not one of BlipForImageTextRetrieval, Vilt"):
        load_reranker(f"itm:{tiny(contrastive.clip)}").score(QUERY, CANDIDATES)


def yes_against_no(folder: Path, picture: Any, text: str, system: bool = True) -> float:
    import torch
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(folder).eval()
    processor = AutoProcessor.from_pretrained(folder)
    task = (
        "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
        'Note that the answer can only be "yes" or "no".'
    )
    asked = (
        "<Instruct>: Given a search query, retrieve relevant candidates that answer the query.\n"
        f"<Query>: {QUERY}\n<Document>: "
    )
    shown = "<|vision_start|><|image_pad|><|vision_end|>"
    start = (
        f"<|im_start|>system\n{task}<|im_end|>\n<|im_start|>user\n"
        if system
        else f"<|im_start|>user\n{task}\n"
    )
    prompt = f"{start}{asked}{shown}{text}<|im_end|>\n<|im_start|>assistant\n"
    inputs = processor(text=[prompt], images=[picture], return_tensors="pt")
    with torch.no_grad():
        chances = model(**inputs).logits[0, -1].softmax(0)
    yes, no = (chances[processor.tokenizer(word)["input_ids"][0]].item() for word in ("yes", "no"))
    return yes / (yes + no)


def test_yes_against_no_is_the_library_s(tiny: Tiny) -> None:
    folder = tiny(rerankers.qwen2_vl)
    expected = [yes_against_no(folder, *pair) for pair in zip(PICTURES, TEXTS, strict=True)]
    found = load_reranker(f"vlm:{folder}").score(QUERY, CANDIDATES)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5)


def test_a_template_without_a_system_role_is_asked_in_one_turn(tiny: Tiny) -> None:
    refuses = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system role') }}{% endif %}"
    folder = tiny(rerankers.qwen2_vl, chat=refuses + rerankers.CHAT)
    found = load_reranker(f"vlm:{folder}").score(QUERY, CANDIDATES[:1])
    expected = yes_against_no(folder, PICTURES[0], TEXTS[0], system=False)
    np.testing.assert_allclose(found, [expected], rtol=0, atol=1e-5)


def test_a_model_without_a_chat_template_can_not_be_asked(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(rerankers.qwen2_vl), tmp_path / "model")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(ModelError, match="has no chat template, so it can't be asked anything"):
        load_reranker(f"vlm:{folder}").score(QUERY, CANDIDATES)


def test_only_the_beginning_of_a_text_is_shown_to_a_vision_language_model(tiny: Tiny) -> None:
    reranker = load_reranker(f"vlm:{tiny(rerankers.qwen2_vl)}")
    texts = ["a" * 2000, "a" * 2000 + "b" * 8000, "a" * 1990]
    one, two, three = reranker.score(QUERY, [Candidate(text, CANDIDATES[0].picture) for text in texts])
    assert abs(one - two) < 1e-6
    assert abs(one - three) > 1e-6


def test_words_that_are_one_token_can_not_be_told_apart(tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    reranker = YesNoReranker(str(tiny(rerankers.qwen2_vl)))
    monkeypatch.setattr(YesNoReranker, "_first_token", lambda *_: 3)
    with pytest.raises(ModelError, match='tells "yes" and "no" apart by no token'):
        reranker.score(QUERY, CANDIDATES)


@pytest.mark.parametrize("family", ["cross", "itm", "vlm"])
def test_a_model_that_is_nowhere_says_how_to_fetch_it(family: str) -> None:
    with pytest.raises(ModelError, match="owner/model is not on this machine.*hf download owner/model"):
        load_reranker(f"{family}:owner/model").score(QUERY, CANDIDATES)


@pytest.mark.parametrize("family", ["cross", "itm", "vlm"])
def test_an_extra_that_is_not_installed_is_told_first(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtraError, match=r"needs the package torch, .*pip install 'mmrag\[models\]'"):
        load_reranker(f"{family}:owner/model").score(QUERY, CANDIDATES)


def test_a_damaged_configuration_fails_with_one_line(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(rerankers.blip), tmp_path / "model")
    (folder / "config.json").write_text(json.dumps({"model_type": "nothing"}))
    with pytest.raises(ModelError) as caught:
        load_reranker(f"itm:{folder}").score(QUERY, CANDIDATES)
    assert "\n" not in str(caught.value)
