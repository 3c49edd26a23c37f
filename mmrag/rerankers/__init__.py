"""Rerankers: a question and the pages found for it get new scores."""

from __future__ import annotations

from mmrag.config import resolve
from mmrag.rerankers.base import Candidate, Reranker

__all__ = ["Candidate", "Reranker", "load_reranker"]

_KNOWN = {
    "cross:*": "mmrag.rerankers.cross:CrossReranker",
    "itm:*": "mmrag.rerankers.matching:MatchingReranker",
    "vlm:*": "mmrag.rerankers.yes_no:YesNoReranker",
}


def load_reranker(spec: str) -> Reranker:
    """The reranker that ``spec`` names: ``cross:``, ``itm:`` or ``vlm:`` with hub id or folder, or a plugin.

    Its weights are loaded when it first scores, not here.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class can't be made.
    """
    reranker: Reranker = resolve(spec, _KNOWN, "reranker")
    return reranker
