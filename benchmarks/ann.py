"""Flat, graph or cells: ``python benchmarks/ann.py DEVSET INDEX``.

INDEX is an index of ``DEVSET/corpus`` with a view that has chunks by ``mini:text`` and with the view
``visual``: the vectors of its chunks and line windows are real, and there are some 14,000. More are made of
them as in SMOTE (Chawla et al. 2002): a point on the line from a real vector to one of its ten
nearest, a little beyond either end, and a random vector of a third of their distance added, so that the cloud
keeps its local shape. Beside them, ``mixture``: 384 numbers around 20,000 topics in 2,000 groups. Queries are
the devset's questions, or of the mixture's making; none is in the index. k = 10 is a plain search, k = 1,200
what a list brings into the fusion. A search counts by its processor time, on one thread.
"""

from __future__ import annotations

import argparse
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from questions import load_questions
from threadpoolctl import threadpool_limits

from mmrag.benchmark.machine import print_machine
from mmrag.encoders import load_encoder
from mmrag.index.sealing.seal import DATABASE
from mmrag.index.vectors.ann import Ann, choose

Matrix = NDArray[np.float32]
DIM = 384
SIZES = (10_000, 30_000, 100_000, 300_000)
GRAPH_UP_TO = 100_000  # one of 300,000 is minutes in the making on two cores
QUERIES = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("devset", type=Path)
    parser.add_argument("index", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    options = parser.parse_args()
    print_machine()
    real = real_vectors(options.index)
    encoder = load_encoder("mini:text")
    questions = encoder.encode_queries([question.text for question in load_questions(options.devset)])
    print(f"{len(real):,} real vectors, {len(questions)} questions\n")
    print(
        "| vectors | index | build s | file MB | recall@10, of itself | recall@10 | recall@1200 "
        "| k=10 ms | k=1200 ms |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    rng = np.random.default_rng(11)
    compare("real", options.sizes, lambda size: grown(rng, real, size), questions[:QUERIES])
    topics = mixture_topics(rng)
    compare("mixture", options.sizes, lambda size: drawn(rng, topics, size), drawn(rng, topics, QUERIES))


def compare(what: str, sizes: list[int], make: Callable[[int], Matrix], queries: Matrix) -> None:
    for size in sizes:
        vectors = make(size)
        wanted: dict[int, list[set[int]]] = {}
        for kind in ("flat", "ivf", "hnsw"):
            if kind == "hnsw" and size > GRAPH_UP_TO:
                continue
            begin = time.perf_counter()
            ann = Ann.build(vectors, np.arange(size), kind=kind)
            seconds = time.perf_counter() - begin
            shares = []
            for k in (10, 1_200):
                found = [set(ann.search(query, k)[0].tolist()) for query in queries]
                best = wanted.setdefault(k, found)
                shares.append(statistics.mean(len(a & b) / len(b) for a, b in zip(found, best, strict=True)))
            chosen = " (chosen)" if choose(size, DIM) == kind else ""
            print(
                f"| {size:,} {what} | {kind}{chosen} | {seconds:.1f} | {megabytes(ann):,.0f} "
                f"| {ann.recall:.3f} | {shares[0]:.3f} | {shares[1]:.3f} "
                f"| {milliseconds(ann, queries, 10):.2f} | {milliseconds(ann, queries, 1_200):.2f} |",
                flush=True,
            )


def real_vectors(index: Path) -> Matrix:
    """Distinct vectors by ``mini:text`` in the index, of chunks and of windows of lines."""
    with sqlite3.connect(f"file:{index / DATABASE}?mode=ro", uri=True) as connection:
        chunks = connection.execute(
            "SELECT vector FROM vectors JOIN encoders ON encoders.row = vectors.encoder"
            " WHERE fingerprint LIKE 'mini:text %'"
        )
        parts = [np.frombuffer(blob, "<f4").reshape(-1, DIM) for (blob,) in chunks]
        pages = connection.execute(
            "SELECT vectors FROM page_vectors JOIN spaces ON spaces.row = page_vectors.space"
            " WHERE name = 'visual/mini:visual'"
        )
        parts += [np.frombuffer(blob, "<f2").reshape(-1, DIM).astype(np.float32) for (blob,) in pages]
    connection.close()
    rows = np.concatenate(parts)
    return unit(rows[np.unique(rows.astype(np.float16), axis=0, return_index=True)[1]])


def grown(rng: np.random.Generator, real: Matrix, count: int) -> Matrix:
    """``count`` vectors: the real ones in random order, and as many made of them as are missing."""
    kept = real[rng.permutation(len(real))[:count]]
    missing = count - len(kept)
    if missing <= 0:
        return kept
    neighbours = nearest(real, 10)
    first = rng.integers(0, len(real), missing)
    second = neighbours[first, rng.integers(0, 10, missing)]
    steps = rng.uniform(-0.25, 1.25, (missing, 1)).astype(np.float32)
    apart = np.linalg.norm(real[second] - real[first], axis=1, keepdims=True)
    noise = unit(rng.standard_normal((missing, DIM), dtype=np.float32)) * apart / 3
    return np.concatenate([kept, unit(real[first] + steps * (real[second] - real[first]) + noise)])


def nearest(vectors: Matrix, count: int) -> NDArray[np.int64]:
    """``(n, count)``: for each vector those nearest to it, in no order."""
    parts = []
    for start in range(0, len(vectors), 1_024):
        products = vectors[start : start + 1_024] @ vectors.T
        products[np.arange(len(products)), start + np.arange(len(products))] = -1
        parts.append(np.argpartition(-products, count, axis=1)[:, :count])
    return np.concatenate(parts)


def mixture_topics(rng: np.random.Generator) -> Matrix:
    groups = unit(rng.standard_normal((2_000, DIM), dtype=np.float32))
    return unit(np.repeat(groups, 10, axis=0) + unit(rng.standard_normal((20_000, DIM), dtype=np.float32)))


def drawn(rng: np.random.Generator, topics: Matrix, count: int) -> Matrix:
    noise = unit(rng.standard_normal((count, DIM), dtype=np.float32))
    return unit(topics[rng.integers(0, len(topics), count)] + noise)


def unit(rows: Matrix) -> Matrix:
    return (rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)).astype(np.float32)


def megabytes(ann: Ann) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "index"
        ann.write(path)
        return path.stat().st_size / 2**20


def milliseconds(ann: Ann, queries: Matrix, k: int) -> float:
    """Median of one search at a time."""
    times = []
    with threadpool_limits(1):
        for query in queries:
            begin = time.process_time()
            ann.search(query, k)
            times.append(time.process_time() - begin)
    return statistics.median(times) * 1e3


if __name__ == "__main__":
    main()
