"""Where a graph or cells begin to pay over comparing everything: ``python benchmarks/ann.py``.

384 numbers a vector, as of the text encoders, around 20,000 topics in 2,000 groups; queries are of the same
making and not in the index. k = 10 is a plain search, k = 1,200 what a list brings into the fusion.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mmrag.benchmark.machine import print_machine
from mmrag.index.ann import Ann, choose

DIM = 384
SIZES = (10_000, 100_000, 500_000)
GRAPH_UP_TO = 100_000  # one of 500,000 is minutes in the making on two cores
QUERIES = 40


def main() -> None:
    print_machine()
    rng = np.random.default_rng(11)
    groups = unit(rng.standard_normal((2_000, DIM), dtype=np.float32))
    topics = unit(np.repeat(groups, 10, axis=0) + unit(rng.standard_normal((20_000, DIM), dtype=np.float32)))
    print("| vectors | index | build s | file MB | recall@10, of itself | recall@10 | k=10 ms | k=1200 ms |")
    print("|---|---|---|---|---|---|---|---|")
    for size in SIZES:
        vectors, queries = drawn(rng, topics, size), drawn(rng, topics, QUERIES)
        wanted = None
        for kind in ("flat", "ivf", "hnsw"):
            if kind == "hnsw" and size > GRAPH_UP_TO:
                continue
            begin = time.perf_counter()
            ann = Ann.build(vectors, np.arange(size), kind=kind)
            seconds = time.perf_counter() - begin
            found = [set(ann.search(query, 10)[0].tolist()) for query in queries]
            wanted = wanted or found
            share = statistics.mean(len(a & b) / 10 for a, b in zip(found, wanted, strict=True))
            chosen = " (chosen)" if choose(size, DIM) == kind else ""
            print(
                f"| {size:,} | {kind}{chosen} | {seconds:.1f} | {megabytes(ann):,.0f} | {ann.recall:.3f} "
                f"| {share:.3f} | {milliseconds(ann, queries, 10):.2f} "
                f"| {milliseconds(ann, queries, 1_200):.2f} |",
                flush=True,
            )


def drawn(rng: np.random.Generator, topics: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    noise = unit(rng.standard_normal((count, DIM), dtype=np.float32))
    return unit(topics[rng.integers(0, len(topics), count)] + noise)


def unit(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def megabytes(ann: Ann) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        ann.write(path)
        return path.stat().st_size / 2**20


def milliseconds(ann: Ann, queries: NDArray[np.float32], k: int) -> float:
    """Median of one search at a time."""
    times = []
    for query in queries:
        begin = time.perf_counter()
        ann.search(query, k)
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    main()
