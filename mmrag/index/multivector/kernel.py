"""Exact MaxSim over packed pages: one matrix product a chunk, each page's maxima, their sum over the query.

MaxSim is the late interaction of ColBERT (Khattab & Zaharia 2020) and ColPali (Faysse et al. 2024): a page
scores the sum, over the query's vectors, of each one's largest inner product with a vector of the page.

Chunks are small enough to stay in a core's cache, and one thread a core works through them. Integer codes are
multiplied with the query's vectors rounded to 7 bits (onnxruntime's kernels for processors without VNNI add
pairs of products in 16 bits, which 8 would overflow); signs are single bits, so there the query keeps 8.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmrag.config.cores import available_cores
from mmrag.index.multivector.graph import FLOAT, FLOAT16, UINT8, maxsim_graph
from mmrag.index.multivector.packed import LONGEST, Array, Matrix, Packed, Rows

Scores = NDArray[np.float32]

_CHUNK = {"float32": 4096, "float16": 2048, "int8": 8192, "bit": 8192}
_MOST_THREADS = 16
_PARTS, _MOST_CHUNKS = 4, 64
_ALONE = 1 << 16  # numbers from which a page is scored by itself


def maxsim(query: Matrix, packed: Packed, at: Rows | None = None, *, chunk: int | None = None) -> Scores:
    """Scores of pages: exact for float codes, approximate for ``int8`` and ``bit``.

    Args:
        query: ``(m, dim)`` float32, m at least 1.
        packed: the pages.
        at: positions in ``packed`` of the pages to score, ascending; all if not given.
        chunk: vectors that one matrix product takes; results do not depend on it.

    Returns:
        ``(p,)`` float32, one for each page in ``at``; -inf for pages without vectors.
    """
    positions = np.arange(len(packed), dtype=np.int64) if at is None else np.asarray(at, np.int64)
    scores = np.full(len(positions), -np.inf, np.float32)
    starts = packed.starts
    filled = np.flatnonzero(packed.counts[positions])
    question = _question(query, packed.precision)

    chunk_blocks = max(1, (chunk or _CHUNK[packed.precision]) // packed.block)

    def work(group: Rows) -> None:
        chosen = positions[group]
        maxima = [question.maxima(packed.codes[blocks]) for blocks in _chunks(chosen, starts, chunk_blocks)]
        sizes = starts[chosen + 1] - starts[chosen]
        best = np.concatenate(maxima)
        if len(best) > len(chosen):
            best = np.maximum.reduceat(best, np.cumsum(sizes) - sizes, axis=0)
        found = (best - question.offset) @ question.factors
        scores[group] = found if packed.scales is None else found * packed.scales[chosen]

    groups = _groups(filled, np.diff(starts)[positions[filled]], chunk_blocks)
    if len(groups) > 1 and processors() > 1:
        for _ in _threads().map(work, groups):
            pass
    else:
        for group in groups:
            work(group)
    return scores


def maxsim_of(query: Matrix, pages: Iterable[Array]) -> Scores:
    """Exact scores of pages that come one after another: while one is read, those before it are scored.

    Args:
        query: ``(m, dim)`` float32, m at least 1.
        pages: ``(n, dim)`` float16 each, n may be 0. A large one is not copied.

    Returns:
        ``(p,)`` float32, as `maxsim` gives for the same pages at ``float16``.
    """
    question = _question(query, "float16")

    def work(group: list[Array]) -> Scores:
        scores = np.full(len(group), -np.inf, np.float32)
        counts = np.array([len(page) for page in group])
        filled = np.flatnonzero(counts)
        if len(filled):
            rows = group[0] if len(group) == 1 else np.concatenate(group)
            block = _divisor(len(rows)) if len(group) == 1 else 1
            maxima = question.maxima(rows.reshape(-1, block, query.shape[1]))
            begins = (np.cumsum(counts) - counts)[filled] // block
            scores[filled] = np.maximum.reduceat(maxima, begins, axis=0) @ question.factors
        return scores

    groups = _gathered(pages)
    if processors() > 1:
        parts = [made.result() for made in [_threads().submit(work, group) for group in groups]]
    else:
        parts = [work(group) for group in groups]
    return np.concatenate([np.empty(0, np.float32), *parts])


def products(query: Matrix, vectors: Array) -> Matrix:
    """The inner products of which MaxSim takes the largest: ``(n, m)`` float32.

    Args:
        query: ``(m, dim)`` float32, m at least 1.
        vectors: ``(n, dim)`` float16, n at least 1.
    """
    weights = np.ascontiguousarray(query.T, np.float32)
    found: Matrix = _session("float16").run(None, {"codes": vectors[:, None], "query": weights})[0]
    return found


def _gathered(pages: Iterable[Array]) -> Iterator[list[Array]]:
    """The pages in lists that are worth a thread's while, large ones alone: they need no copy."""
    group: list[Array] = []
    held = 0
    for page in pages:
        if group and (page.size >= _ALONE or held >= _ALONE):
            yield group
            group, held = [], 0
        group.append(page)
        held += page.size
    if group:
        yield group


@cache
def _divisor(count: int) -> int:
    """Rows a block for a page alone: the most that leave no rest."""
    return next(size for size in range(min(count, LONGEST), 0, -1) if count % size == 0)


@dataclass(frozen=True, slots=True)
class _Question:
    """A query as the codes want it.

    Attributes:
        maxima: of packed codes, ``(blocks, rows, width)``, as ``(blocks, m)`` float32.
        factors, offset: ``(m,)``: a page's maxima, less the offset, times the factors are its score.
    """

    maxima: Callable[[Array], Matrix]
    factors: Matrix
    offset: Matrix


def _question(query: Matrix, precision: str) -> _Question:
    if precision not in ("int8", "bit"):
        weights = np.ascontiguousarray(query.T, np.float32)
        same = np.ones(len(query), np.float32)
        return _Question(_runner(precision, weights), same, np.zeros_like(same))
    most = 63 if precision == "int8" else 127
    scales = np.maximum(np.abs(query).max(axis=1), np.finfo(np.float32).tiny) / most
    whole = np.rint(query / scales[:, None]).astype(np.int8)
    run = _runner(precision, np.ascontiguousarray(whole.T))
    sums = whole.sum(axis=1, dtype=np.float32)
    if precision == "int8":  # codes stand for integers 128 lower
        return _Question(run, scales.astype(np.float32), 128 * sums)
    # A sign is worth the mean size of a unit vector's numbers: 2 * bit - 1 times about sqrt(2 / (pi * dim)).
    size = np.sqrt(2 / (np.pi * query.shape[1]))
    return _Question(run, (2 * size * scales).astype(np.float32), sums / 2)


def _runner(precision: str, weights: Array) -> Callable[[Array], Matrix]:
    session = _session(precision)

    def run(codes: Array) -> Matrix:
        if precision == "bit":
            codes = np.unpackbits(codes, axis=2, count=len(weights))
        maxima: Matrix = session.run(None, {"codes": codes, "query": weights})[0]
        return maxima

    return run


@cache
def _session(precision: str) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    kind = {"float32": FLOAT, "float16": FLOAT16}.get(precision, UINT8)
    return onnxruntime.InferenceSession(maxsim_graph(kind), options, providers=["CPUExecutionProvider"])


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(processors(), thread_name_prefix="maxsim")


def processors() -> int:
    """Processors that this process may use, sixteen at most: beyond that memory is the limit."""
    return min(_MOST_THREADS, available_cores())


def _groups(filled: Rows, sizes: Rows, chunk: int) -> list[Rows]:
    """``filled`` in a few even parts a thread: most of Python's work is once a part, not once a chunk."""
    if len(filled) == 0:
        return []
    even = int(sizes.sum()) // (_PARTS * processors())
    limit = min(max(even, chunk), _MOST_CHUNKS * chunk)
    before = np.cumsum(sizes) - sizes
    return np.split(filled, np.flatnonzero(np.diff(before // limit)) + 1)


def _chunks(pages: Rows, starts: Rows, chunk: int) -> Iterator[Any]:
    """The blocks of these pages, in order, about ``chunk`` at a time: indices for small scattered pages."""
    first, last = starts[pages], starts[pages + 1]
    breaks = np.flatnonzero(first[1:] != last[:-1]) + 1
    begins, ends = first[np.append(0, breaks)], last[np.append(breaks - 1, len(pages) - 1)]
    if (ends - begins).sum() >= len(begins) * chunk // 4:
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
            for start in range(begin, end, chunk):
                yield slice(start, min(start + chunk, end))
        return
    sizes = ends - begins
    within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    blocks = np.repeat(begins, sizes) + within
    for start in range(0, len(blocks), chunk):
        yield blocks[start : start + chunk]
