"""What every reranker of this package does alike: order by length, batches, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from mmrag.encoders.batching import in_batches
from mmrag.errors import ModelError
from mmrag.rerankers.base import Candidate


def score_all(
    candidates: Sequence[Candidate],
    size: int,
    score: Callable[[list[Candidate]], Sequence[float]],
    spec: str,
) -> list[float]:
    """One score a candidate, in their order; texts of like length are scored together, the longest first.

    Args:
        candidates: any number.
        size: how many at once; halved where memory runs out.
        score: of one batch.
        spec: what messages call the model.

    Raises:
        ModelError: if the model fails, or its scores are too few or not finite.
    """
    scores = np.empty(len(candidates))
    order = sorted(range(len(candidates)), key=lambda at: -len(candidates[at].text))

    def run(rows: list[int]) -> None:
        found = np.asarray(score([candidates[row] for row in rows]), dtype=np.float64)
        if found.shape != (len(rows),) or not np.isfinite(found).all():
            raise ModelError(f"the reranker {spec} did not give one finite score a candidate")
        scores[rows] = found

    for _ in in_batches(order, size, run, f"{spec} on candidates"):
        pass
    return [float(value) for value in scores]
