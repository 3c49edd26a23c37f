"""Fusing ranked lists of pages.

``zscore``: every list's scores are brought to zero mean and unit variance over its own candidates
and added up with weights, as in Bruch, Gai & Ingber 2023, "An analysis of fusion functions for
hybrid retrieval". ``rrf``: reciprocal rank fusion, Cormack, Clarke & Büttcher 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]
Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankedList:
    """Pages as one list ranks them: ``(n,)`` distinct rows, best first, ``(n,)`` scores, higher is better."""

    name: str
    weight: float
    pages: Rows
    scores: Scores


def best_of_pages(pages: Rows, scores: Scores, depth: int, support: float = 0.0) -> tuple[Rows, Scores]:
    """Each page once with its score, best first, at most ``depth``; ties in the order given.

    A page's score is its best item's plus ``support`` times its second best's: a second piece that
    matches tells the page that answers from one that mentions. A page with one item counts it twice.

    Args:
        pages: ``(n,)`` page of each item, the best item first.
        scores: ``(n,)`` score of each item, none higher than the one before.
        depth: at most so many pages.
        support: weight of a page's second best item.
    """
    if not len(pages):
        return pages, scores
    at = np.arange(len(pages))
    # A table from pages to positions. It is written from the worst to the best, so that the best stays.
    position = np.empty(int(pages.max()) + 1, np.int64)
    position[pages[::-1]] = at[::-1]
    is_first = position[pages] == at
    first = at[is_first]
    found, best = pages[first], scores[first]
    if support:
        later = at[~is_first]
        position[pages[later][::-1]] = later[::-1]
        best = best + support * scores[position[found]]
        kept = np.argsort(-best, kind="stable")[:depth]
        return found[kept], best[kept]
    return found[:depth], best[:depth]


def fuse(lists: Sequence[RankedList], fusion: str, rrf_k: int = 60) -> tuple[Rows, Scores]:
    """All pages of all lists with their fused scores, sorted by page.

    A page that a list does not have counts there as the list's last one does (``zscore``) or as
    nothing (``rrf``).
    """
    lists = [ranked for ranked in lists if len(ranked.pages)]
    if not lists:
        return np.empty(0, np.int64), np.empty(0)
    entries = np.concatenate([ranked.pages for ranked in lists])
    lengths = [len(ranked.pages) for ranked in lists]
    weights = np.array([ranked.weight for ranked in lists])
    if fusion == "rrf":
        ranks = np.concatenate([np.arange(1, length + 1) for length in lengths])
        gains, least = weights.repeat(lengths) / (rrf_k + ranks), 0.0
    else:
        scores = np.concatenate([ranked.scores for ranked in lists])
        gains, least = _zscores(scores, np.array(lengths), weights)
    fused: Scores = np.bincount(entries, gains).astype(np.float64, copy=False)
    is_found = np.zeros(len(fused), np.bool_)
    is_found[entries] = True
    pages = is_found.nonzero()[0]
    return pages, fused[pages] + least


def _zscores(scores: Scores, lengths: Rows, weights: Scores) -> tuple[Scores, float]:
    """Weighted z-scores of lists that stand one behind the other, each with its best first.

    Returns:
        By how much each exceeds that of the last of its list, and the sum of those last ones.
    """
    ends = np.cumsum(lengths)
    starts = ends - lengths
    centred = scores - (np.add.reduceat(scores, starts) / lengths).repeat(lengths)
    spreads = np.sqrt(np.add.reduceat(centred * centred, starts) / lengths)
    largest = np.maximum(np.abs(scores[starts]), np.abs(scores[ends - 1]))
    # Equal scores tell nothing apart; a spread of rounding errors is no spread.
    spreads[spreads <= 1e-9 * np.maximum(1.0, largest)] = np.inf
    centred *= (weights / spreads).repeat(lengths)
    last = centred[ends - 1]
    return centred - last.repeat(lengths), float(last.sum())
