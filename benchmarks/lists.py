"""The ranked lists of every question of a development set, fetched once, to be fused in many ways."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

import mmrag
from mmrag.benchmark.values import Question
from mmrag.retrieve.fusion import RankedList, fuse
from mmrag.retrieve.retriever import Retriever
from mmrag.types import Query

EVERY = {"joint": 1.0, "caption": 1.0, "visual": 1.0, "page-terms": 1.0, "element-terms": 1.0}


@dataclass(frozen=True, slots=True)
class Ranked:
    """A question, the lists that bring pages for it, and where each page stands."""

    question: Question
    lists: list[RankedList]
    places: dict[int, tuple[str, int]]


def rank_all(index: mmrag.Index, questions: list[Question]) -> list[Ranked]:
    """Every list that the index has for every question, whatever weight its recipe gives it."""
    every = replace(index.recipe.retrieve, weights=EVERY)
    lists = index._lists
    retriever = Retriever(index._reader, lists, every, visual=index.recipe.visual)
    ranked = []
    for question in questions:
        found = retriever.rank(Query(question.text))
        rows = np.unique(np.concatenate([one.pages for one in found])).tolist()
        documents = index._reader.documents()
        places = {
            row: (documents[document].path, page.number)
            for row, (document, page) in index._reader.pages(rows).items()
        }
        ranked.append(Ranked(question, found, places))
    return ranked


def normalised(ranked: Ranked) -> tuple[list[str], list[tuple[str, int]], NDArray[np.float64]]:
    """Names of the lists, pages in a stable order, and ``(lists, pages)`` z-scores, as `fuse` adds them."""
    pages = sorted(ranked.places, key=lambda row: ranked.places[row])
    at = {row: position for position, row in enumerate(pages)}
    rows = []
    for one in ranked.lists:
        row = np.zeros(len(pages))
        if len(one.pages):
            found, scores = fuse([replace(one, weight=1.0)], "zscore")
            row[:] = scores.min()
            row[[at[int(page)] for page in found]] = scores
        rows.append(row)
    return [one.name for one in ranked.lists], [ranked.places[row] for row in pages], np.stack(rows)
