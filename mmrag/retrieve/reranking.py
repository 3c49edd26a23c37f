"""Scoring the best pages once more, more carefully than the lists that found them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from math import isfinite

from mmrag.config import RetrieveOptions
from mmrag.errors import ModelError
from mmrag.rerankers.base import Candidate, Reranker
from mmrag.types import Hit, Source


def rerank(
    query: str,
    hits: Sequence[Hit],
    options: RetrieveOptions,
    to_candidate: Callable[[Hit], Candidate],
) -> list[Hit]:
    """The first ``options.rerank`` hits in the order of the reranker's scores, then the others as before.

    A hit's score stays what the fusion gave it; the reranker's is one more of its sources.

    Raises:
        ModelError: if the reranker fails, or does not give one finite score a candidate.
    """
    best, rest = list(hits[: options.rerank]), list(hits[options.rerank :])
    if not best or not query.strip():
        return list(hits)
    reranker = _loaded(options.reranker)
    scores = reranker.score(query, [to_candidate(hit) for hit in best])
    if len(scores) != len(best):
        raise ModelError(f"the reranker {reranker.spec} gave {len(scores)} scores for {len(best)} candidates")
    if not all(map(isfinite, scores)):
        raise ModelError(f"the reranker {reranker.spec} gave scores that are no finite numbers")
    order = sorted(range(len(best)), key=lambda at: -scores[at])
    reranked = [
        replace(best[at], sources=(*best[at].sources, Source(reranker.spec, rank, float(scores[at]))))
        for rank, at in enumerate(order, 1)
    ]
    return [replace(hit, rank=rank) for rank, hit in enumerate([*reranked, *rest], 1)]


@cache
def _loaded(spec: str) -> Reranker:
    from mmrag.rerankers import load_reranker

    return load_reranker(spec)
