import logging

import pytest
from PIL import Image

from mmrag.encoders import batching
from mmrag.errors import ModelError, OutOfMemoryError
from mmrag.rerankers import Candidate
from mmrag.rerankers.scoring import score_all


@pytest.fixture(autouse=True)
def nothing_has_run_out_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "_fitting", {})


def candidates(*lengths: int) -> list[Candidate]:
    return [Candidate("a" * length, lambda: Image.new("RGB", (1, 1))) for length in lengths]


def test_longest_first_and_order_restored() -> None:
    calls = []

    def score(batch: list[Candidate]) -> list[float]:
        calls.append([len(each.text) for each in batch])
        return [len(each.text) / 2 for each in batch]

    assert score_all(candidates(3, 9, 1, 7, 5), 2, score, "fake") == [1.5, 4.5, 0.5, 3.5, 2.5]
    assert calls == [[9, 7], [5, 3], [1]]


def test_a_batch_that_does_not_fit_is_halved(caplog: pytest.LogCaptureFixture) -> None:
    def score(batch: list[Candidate]) -> list[float]:
        if len(batch) > 1:
            raise OutOfMemoryError("fake ran out of memory")
        return [float(len(each.text)) for each in batch]

    with caplog.at_level(logging.WARNING):
        assert score_all(candidates(1, 2, 3), 3, score, "fake") == [1, 2, 3]
    assert caplog.messages == [
        "fake on candidates: memory ran out with 3 at once; going on with 2",
        "fake on candidates: memory ran out with 2 at once; going on with 1",
    ]


@pytest.mark.parametrize("scores", [[1.0], [1.0, float("nan")], [1.0, float("inf")], [[1.0, 2.0]]])
def test_scores_that_can_not_be_are_refused(scores: list[float]) -> None:
    with pytest.raises(ModelError, match="the reranker fake did not give one finite score a candidate"):
        score_all(candidates(1, 2), 2, lambda _: scores, "fake")
