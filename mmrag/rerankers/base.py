"""The reranker seam: a query and the hits found for it get new scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from mmrag.types import Hit, Query


class Reranker(Protocol):
    """Scores hits against a query more carefully than the lists that found them.

    Attributes:
        spec: what resolves to it.
    """

    spec: str

    def score(self, query: Query, hits: Sequence[Hit]) -> list[float]:
        """One score a hit, in their order, higher is better."""
        ...
