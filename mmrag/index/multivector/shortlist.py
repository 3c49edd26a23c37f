"""A page in a few vectors, to choose which pages of a large space are scored with all of theirs.

The few are centres of clusters of the page's own vectors, and a page's rough score is MaxSim over them. The
clusters begin at vectors that are least like each other (farthest-first traversal, Gonzalez 1985), so that
what fills little of a page has a centre too, and are bettered by spherical k-means (Dhillon & Modha 2001). A
page that the rough score leaves out has no score: the shortlist is deep, and what it misses is measured.
"""

from __future__ import annotations

import numpy as np

from mmrag.index.multivector.packed import Matrix, Packed, Rows, pack_stream

# So many vectors share a centre on a page of few. In the file, at four bits a number, that is 4 % of the
# vectors at int8. A page of many has no more things to see, but the same ones in more vectors.
_SHARE, _STEPS = 12, 7
_MOST = 48
_ROUNDS = 2


def has_shortlist(precision: str) -> bool:
    """Whether vectors of this precision are worth a shortlist: to go through all signs costs no more."""
    return precision != "bit"


def summarise(packed: Packed) -> Packed:
    """The centres of each page, int8 of 7 steps, at the same positions."""
    counts = np.minimum(packed.counts // _SHARE, _MOST)
    # Many centres in multiples of eight: whole blocks need no filling.
    counts = np.where(counts >= 8, counts // 8 * 8, np.where(packed.counts > 0, np.maximum(counts, 1), 0))
    centres = (
        _centres(packed.vectors(at), int(count)) if count else np.empty((0, packed.dim), np.float32)
        for at, count in enumerate(counts)
    )
    return pack_stream(packed.pages, counts, centres, packed.dim, "int8", steps=_STEPS)


def depth(k: int) -> int:
    """How many pages a shortlist holds for ``k`` results."""
    return 3 * k + 100


def sample_queries(packed: Packed, at: Rows, vectors: int = 20) -> list[Matrix]:
    """Queries like those of a reader who looks for one of these pages: some of its vectors, each led astray.

    Every vector is turned by 45 degrees in a random direction, drawn the same way each time.
    """
    rng = np.random.default_rng(len(at))
    queries = []
    for position in at:
        page = packed.vectors(int(position))
        chosen = page[np.sort(rng.choice(len(page), min(vectors, len(page)), replace=False))]
        noise = rng.normal(size=chosen.shape)
        noise -= (noise * chosen).sum(axis=1, keepdims=True) * chosen
        queries.append(_unit(chosen + _unit(noise.astype(np.float32))))
    return queries


def _centres(vectors: Matrix, count: int) -> Matrix:
    centres = vectors[_apart(vectors, count)]
    members = np.arange(len(vectors))
    for _ in range(_ROUNDS):
        belongs = np.zeros((count, len(vectors)), np.float32)
        belongs[(vectors @ centres.T).argmax(axis=1), members] = 1
        sums = belongs @ vectors
        centres = np.where(belongs.any(axis=1, keepdims=True), _unit(sums), centres)
    return centres


def _apart(vectors: Matrix, count: int) -> list[int]:
    """``count`` positions: the vector nearest to the mean, then each time the one least like those before."""
    chosen = [int((vectors @ vectors.mean(axis=0)).argmax())]
    nearest = np.full(len(vectors), -np.inf, np.float32)
    while len(chosen) < count:
        np.maximum(nearest, vectors @ vectors[chosen[-1]], out=nearest)
        chosen.append(int(nearest.argmin()))
    return chosen


def _unit(rows: Matrix) -> Matrix:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Matrix = rows / np.maximum(lengths, np.float32(1e-9))
    return unit
