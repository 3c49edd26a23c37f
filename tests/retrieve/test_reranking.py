"""The scores that a reranker gives, and what can't be one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from mmrag.config import RetrieveOptions
from mmrag.errors import ModelError
from mmrag.rerankers.base import Candidate
from mmrag.retrieve.reranking import rerank
from mmrag.types import Document, Element, Hit, Kind, Page

OPTIONS = RetrieveOptions(reranker="tests.retrieve.test_reranking:Given", rerank=2)


class Given:
    """Gives the scores that it is told to give."""

    spec = "tests.retrieve.test_reranking:Given"
    scores: tuple[float, ...] = ()
    calls = 0

    def score(self, query: str, candidates: Sequence[Candidate]) -> Sequence[float]:
        type(self).calls += 1
        return self.scores


@pytest.fixture(autouse=True)
def _told_anew() -> Iterator[None]:
    Given.calls = 0
    yield
    Given.scores = ()


def hits(count: int) -> list[Hit]:
    document = Document("d", "d.md", "text/markdown")
    elements = [Element(f"e{at}", "d", at, Kind.TEXT, None, "words") for at in range(1, count + 1)]
    return [Hit(one.page, 1.0, document, Page("d", one.page), one, (one,)) for one in elements]


def pages(query: str) -> list[int]:
    found = rerank(query, hits(3), OPTIONS, lambda hit: Candidate("words", lambda: None))  # type: ignore[arg-type,return-value]
    assert [hit.rank for hit in found] == [1, 2, 3]
    return [hit.page.number for hit in found]


def test_the_first_come_in_the_order_of_their_scores() -> None:
    Given.scores = (1.0, 2.0)
    assert pages("words") == [2, 1, 3]


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_nobody_is_asked_about_no_words(blank: str) -> None:
    assert (pages(blank), Given.calls) == ([1, 2, 3], 0)


@pytest.mark.parametrize(
    ("scores", "message"),
    [
        ((1.0,), "gave 1 scores for 2 candidates"),
        ((1.0, float("nan")), "gave scores that are no finite numbers"),
        ((float("-inf"), 1.0), "gave scores that are no finite numbers"),
    ],
)
def test_scores_that_rank_nothing_are_refused(scores: tuple[float, ...], message: str) -> None:
    Given.scores = scores
    with pytest.raises(ModelError, match=message):
        pages("words")
