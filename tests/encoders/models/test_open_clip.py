"""``open_clip:`` against the library, called directly."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmrag.encoders.models.open_clip import OpenClip
from mmrag.errors import ModelError
from mmrag.weights import hub
from tests.tiny import contrastive
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]


def test_numbers_are_those_of_the_library(tiny: Tiny) -> None:
    folder = tiny(contrastive.open_clip)
    library = hub.import_open_clip("a test")
    model, preprocess = library.create_model_from_pretrained(f"local-dir:{folder}")
    tokenizer = library.get_tokenizer(f"local-dir:{folder}")
    import torch

    model.eval()
    shown = [pictures()["RGB"], pictures()["portrait"]]
    texts = ["a cat", "", "a chart of the yield " * 30]
    with torch.no_grad():
        words = model.encode_text(tokenizer(texts), normalize=True).numpy()
        seen = model.encode_image(torch.stack([preprocess(each) for each in shown]), normalize=True).numpy()
    found = OpenClip(str(folder))
    np.testing.assert_allclose(found.encode_texts(texts), words, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.encode_queries(texts), words, rtol=0, atol=1e-6)
    np.testing.assert_allclose(found.encode_pictures(shown), seen, rtol=0, atol=1e-6)


def test_says_what_it_is_before_any_weights_are_loaded(tiny: Tiny) -> None:
    found = OpenClip(str(tiny(contrastive.open_clip)))
    assert (found.dim, found.max_tokens) == (24, 77)
    assert (found.languages, found.scripts) == ({"en"}, {"Latn"})
    assert "_loaded" not in vars(found)


def test_tokens_are_those_of_the_library(tiny: Tiny) -> None:
    found = OpenClip(str(tiny(contrastive.open_clip)))
    assert found.count_tokens(["", "a cat", "a <end_of_text> cat"]) == [2, 4, 4]


@pytest.mark.parametrize(
    ("name", "repository"),
    [
        ("ViT-B-32/laion2b_s34b_b79k", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
        ("ViT-B-32/openai", "timm/vit_base_patch32_clip_224.openai"),
        ("laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "laion/CLIP-ViT-B-32-laion2B-s34B-b79K"),
    ],
)
def test_a_listed_pair_is_looked_up(name: str, repository: str) -> None:
    assert hub.open_clip_repository(name) == repository


def test_every_listed_pair_is_on_a_hub() -> None:
    library = hub.import_open_clip("a test")
    names = {"/".join(pair) for pair in library.list_pretrained()}
    assert len(names) > 100
    assert not [name for name in names if hub.open_clip_repository(name) == name]


def test_settings_that_can_not_be_read_are_named(tiny: Tiny, tmp_path: Path) -> None:
    import shutil

    folder = shutil.copytree(tiny(contrastive.open_clip), tmp_path / "model")
    (folder / "open_clip_config.json").write_text("{}")
    with pytest.raises(ModelError, match=r"no open_clip_config\.json that can be read"):
        _ = OpenClip(str(folder)).dim
