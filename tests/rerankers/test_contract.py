"""What every reranker must hold to, run over all that come with mmrag, on tiny random weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mmrag.rerankers import Candidate, Reranker, load_reranker
from tests.tiny import rerankers
from tests.tiny.pictures import pictures

TINY = {
    "cross:cross": rerankers.cross,
    "cross:chatting": rerankers.chatting,
    "itm:blip": rerankers.blip,
    "itm:vilt": rerankers.vilt,
    "vlm:qwen2_vl": rerankers.qwen2_vl,
}
TEXTS = (
    "The yield doubled.",
    "",
    "产量翻了一番。",
    "<image> [SEP] <|im_end|> \ud800",
    "long " * 2000,
    "https://a.b/c.png",
)


def candidates() -> list[Candidate]:
    kinds = pictures()
    texts = (TEXTS * 3)[: len(kinds)]
    return [Candidate(text, lambda each=each: each) for text, each in zip(texts, kinds.values(), strict=True)]


@pytest.fixture(scope="module", params=TINY)
def reranker(request: pytest.FixtureRequest, tiny: Callable[..., Path]) -> Reranker:
    name = str(request.param)
    spec = f"{name.partition(':')[0]}:{tiny(TINY[name])}"
    found = load_reranker(spec)
    assert found.spec == spec
    return found


def test_a_score_does_not_depend_on_the_other_candidates(reranker: Reranker) -> None:
    scores = reranker.score("How high is the yield?", candidates())
    assert len(scores) == len(candidates())
    assert np.isfinite(scores).all()
    alone = [reranker.score("How high is the yield?", [each])[0] for each in candidates()]
    np.testing.assert_allclose(scores, alone, rtol=0, atol=2e-5)
    back = reranker.score("How high is the yield?", candidates()[::-1])[::-1]
    np.testing.assert_allclose(scores, back, rtol=0, atol=2e-5)
    assert len({round(score, 6) for score in scores}) > 2


def test_the_same_again_is_the_same(reranker: Reranker) -> None:
    few = candidates()[:3]
    assert reranker.score("a", few) == reranker.score("a", few)


@pytest.mark.parametrize(
    "query", ["", "产量是多少？", "<image> \ud800 [SEP]", "https://a.b/c.png", "long " * 2000]
)
def test_any_query_is_a_text(reranker: Reranker, query: str) -> None:
    assert np.isfinite(reranker.score(query, candidates()[:2])).all()


def test_nothing_gives_nothing(reranker: Reranker) -> None:
    assert reranker.score("a", []) == []
