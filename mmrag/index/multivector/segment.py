"""What a space holds in memory: a packed array from its file, and smaller ones of pages that came later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from mmrag.index.multivector.kernel import Scores, maxsim
from mmrag.index.multivector.packed import Joined, Matrix, Packed, Rows
from mmrag.index.multivector.shortlist import summarise


@dataclass(slots=True)
class Segment:
    """Packed pages and which of them are still there.

    Attributes:
        packed: all the pages.
        alive: positions in it of the pages that are still there, ascending.
        shortlist: the pages in a few vectors each, at the same positions, if it has been made.
    """

    packed: Packed
    alive: Rows
    shortlist: Packed | None = None

    def summary(self) -> Packed:
        """The shortlist, made if it is not there yet."""
        if self.shortlist is None:
            self.shortlist = summarise(self.packed)
        return self.shortlist

    @property
    def vectors(self) -> int:
        """How many vectors the pages that are still there have."""
        return int(self.packed.counts[self.alive].sum())


def scan(
    segments: Sequence[Segment], query: Matrix, allowed: Rows | None, *, rough: bool = False
) -> tuple[Rows, Scores]:
    """All pages that have vectors and their scores.

    Args:
        segments: where to look.
        query: ``(m, dim)`` float32.
        allowed: only these pages, if given.
        rough: score by the shortlists.
    """
    pages, scores = [np.empty(0, np.int64)], [np.empty(0, np.float32)]
    for segment, at in _chosen(segments, allowed):
        pages.append(segment.packed.pages[at])
        scores.append(maxsim(query, segment.summary() if rough else segment.packed, at))
    return np.concatenate(pages), np.concatenate(scores)


def count(segments: Sequence[Segment], allowed: Rows | None) -> int:
    """How many pages `scan` would score."""
    return sum(len(at) for _, at in _chosen(segments, allowed))


def merge_small(segments: list[Segment]) -> None:
    """Join the newest segments while they are of like size, so that their number grows with the logarithm.

    The first segment, which may be a large file, is left alone.
    """
    while len(segments) > 2 and segments[-1].vectors * 2 > segments[-2].vectors:
        last, before = segments.pop(), segments.pop()
        packed = Joined([(before.packed, before.alive), (last.packed, last.alive)]).packed()
        segments.append(Segment(packed, np.arange(len(packed), dtype=np.int64)))


def best(pages: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """The ``k`` highest scores and their pages, best first; ties in the order of rows."""
    k = min(k, len(pages))
    if k <= 0:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    if k < len(pages):
        least = np.partition(scores, len(scores) - k)[len(scores) - k]
        kept = np.flatnonzero(scores >= least)
        pages, scores = pages[kept], scores[kept]
    order = np.lexsort((pages, -scores))[:k]
    return pages[order], scores[order]


def _chosen(segments: Sequence[Segment], allowed: Rows | None) -> Iterator[tuple[Segment, Rows]]:
    for segment in segments:
        at = segment.alive[segment.packed.counts[segment.alive] > 0]
        if allowed is not None:
            at = at[np.isin(segment.packed.pages[at], allowed)]
        yield segment, at
