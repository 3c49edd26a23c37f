"""In half precision, which is what a GPU runs: nothing that feeds a model may be left in float32."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mmrag.encoders import load_encoder, load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.rerankers import Candidate, load_reranker
from tests.tiny import contrastive, late, rerankers, sentence
from tests.tiny.pictures import pictures

Tiny = Callable[..., Path]
TEXTS = ["a cat", "a chart of the yield"]


@pytest.fixture(params=["bfloat16", "float16"])
def half(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("MMRAG_PRECISION", request.param)
    return str(request.param)


def both(load: Callable[[str], Any], spec: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
    in_half = load(spec)
    assert in_half.fingerprint.split()[-2] in ("bfloat16", "float16")
    monkeypatch.delenv("MMRAG_PRECISION")
    whole = load(spec)
    assert whole.fingerprint.split()[-2] == "float32"
    return in_half, whole


@pytest.mark.parametrize(
    ("family", "build"),
    [
        ("clip", contrastive.clip),
        ("clip", contrastive.chinese_clip),
        ("siglip", contrastive.siglip2),
        ("siglip", contrastive.siglip2_naflex),
        ("open_clip", contrastive.open_clip),
        ("st", sentence.qwen2_vl),
        ("st", sentence.bert),
    ],
)
def test_vectors_of_texts_and_pictures(
    family: str, build: Any, half: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_half, whole = both(load_encoder, f"{family}:{tiny(build)}", monkeypatch)
    found = [in_half.encode_texts(TEXTS), in_half.encode_queries(TEXTS)]
    expected = [whole.encode_texts(TEXTS), whole.encode_queries(TEXTS)]
    if "picture" in whole.modalities:
        shown = [pictures()["RGB"], pictures()["portrait"]]
        found.append(in_half.encode_pictures(shown))
        expected.append(whole.encode_pictures(shown))
    for one, other in zip(found, expected, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)
        assert (one * other).sum(axis=1).min() > 0.99


@pytest.mark.parametrize("build", [late.colpali, late.colqwen2, late.colmodernvbert, late.multi_vector])
def test_vectors_of_pages(build: Any, half: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    in_half, whole = both(load_page_encoder, f"col:{tiny(build)}", monkeypatch)
    pages = [PageView((), (), lambda: pictures()["RGB"])]
    (one,), (other,) = in_half.encode_pages(pages), whole.encode_pages(pages)
    np.testing.assert_allclose(np.linalg.norm(one.vectors, axis=1), 1, atol=1e-5)
    assert (one.vectors * other.vectors).sum(axis=1).mean() > 0.99
    assert (in_half.encode_queries(TEXTS)[0] * whole.encode_queries(TEXTS)[0]).sum(axis=1).mean() > 0.99


@pytest.mark.parametrize(
    ("family", "build"),
    [
        ("cross", rerankers.cross),
        ("cross", rerankers.chatting),
        ("itm", rerankers.blip),
        ("itm", rerankers.vilt),
        ("vlm", rerankers.qwen2_vl),
    ],
)
def test_scores(family: str, build: Any, half: str, tiny: Tiny, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = f"{family}:{tiny(build)}"
    candidates = [Candidate(text, lambda: pictures()["RGB"]) for text in TEXTS]
    found = load_reranker(spec).score("what is the yield?", candidates)
    monkeypatch.delenv("MMRAG_PRECISION")
    np.testing.assert_allclose(
        found, load_reranker(spec).score("what is the yield?", candidates), rtol=0, atol=0.1
    )
