"""MaxSim against what else scores pages of many vectors: ``python benchmarks/maxsim.py``.

Needs torch, colpali-engine and maxsim-cpu beside mmrag. Both sides of a ratio run in turns on the same input,
and the least processor time of each counts. On a machine that does other things run it on one core
(``taskset -c 0``): threads of torch wait for each other in a spin, which would count against it.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from structured import World, unit

from mmrag.benchmark.machine import print_machine
from mmrag.index.multivector.kernel import maxsim
from mmrag.index.multivector.packed import PRECISIONS, pack, payload
from mmrag.index.multivector.space import PageSpace
from mmrag.index.packing import pack_boxes
from mmrag.index.store import Store, create
from mmrag.weights.torchvision import prepare_torchvision

PAGES, VECTORS, DIM, TOKENS = 1_000, 1_030, 128, 20
MANY, FEW = 10_000, 1_000_000
PAIRS, QUESTIONS = 5, 50
PARTS = ["kernels", "bytes", "searches", "stages"]
COLPALI = "colpali-engine score_multi_vector, float32"


def against_others(precisions: Sequence[str]) -> None:
    """The kernel at each precision against colpali-engine and maxsim-cpu."""
    rng = np.random.default_rng()
    pages = unit(rng.standard_normal((PAGES, VECTORS, DIM), dtype=np.float32))
    query = unit(rng.standard_normal((TOKENS, DIM), dtype=np.float32))
    others = peers(pages, query)
    expected = others[COLPALI]().numpy()[0]
    print(f"## {PAGES} pages × {VECTORS} × {DIM}, {TOKENS}-vector query, all scores\n")
    for precision in precisions:
        packed = pack(np.arange(PAGES), list(pages), DIM, precision)
        largest = float(np.abs(maxsim(query, packed) - expected).max())
        print(f"- {precision}: largest difference from colpali-engine's float32 scores {largest:.1e}")
        for name, other in others.items():
            report(f"{precision} against {name}", lambda packed=packed: maxsim(query, packed), other)
    print()


def peers(pages: Any, query: Any) -> dict[str, Callable[[], Any]]:
    """What else scores ``(p, n, dim)`` float32 pages for one query."""
    import torch

    prepare_torchvision()
    import maxsim_cpu
    from colpali_engine.utils.processing_utils import BaseVisualRetrieverProcessor

    tensors, question = [torch.from_numpy(page) for page in pages], torch.from_numpy(query)
    halves = [tensor.to(torch.bfloat16) for tensor in tensors]
    score = BaseVisualRetrieverProcessor.score_multi_vector
    return {
        COLPALI: lambda: score([question], tensors, device="cpu"),
        "colpali-engine score_multi_vector, bfloat16": lambda: score(
            [question.to(torch.bfloat16)], halves, device="cpu"
        ),
        "maxsim-cpu maxsim_scores, float32": lambda: maxsim_cpu.maxsim_scores(query, pages),
    }


def bytes_a_page(folder: Path) -> None:
    """Size of the derived file for each precision against the bare vectors."""
    print("## Bytes a page of 1,030 and of 50 vectors, against the bare vectors at that precision\n")
    for count in (VECTORS, 50):
        pages = unit(np.random.default_rng().standard_normal((500, count, DIM), dtype=np.float32))
        with closing(filled(folder / f"size{count}", pages)) as store:
            for precision in PRECISIONS:
                for limit, what in ((10**12, ""), (0, ", with shortlist")):
                    space = load(store, precision, limit)
                    if what and not space.two_stages:
                        continue
                    size = (store.path / space.write(store.path)[0]).stat().st_size
                    bare = payload(len(pages) * count, DIM, precision)
                    page = size / len(pages)
                    print(
                        f"- {count} vectors, {precision}{what}: {page:,.0f} bytes, {size / bare:.3f} × bare"
                    )
    print()


def two_stages(folder: Path, noise: float, precision: str) -> None:
    """A shortlist and exact scores of its pages, against going through all pages."""
    near = 1 / (1 + noise**2)
    print(
        f"## Two stages, {MANY} structured pages, two patches of a region at a cosine of about {near:.2f}\n"
    )
    path = folder / f"many-{noise}"
    if not path.exists():
        build(path, noise)
    with closing(Store(path)) as store:
        shortlisted = load(store, precision, FEW)
        if shortlisted.recall is None:
            begin = time.perf_counter()
            file, checksum = shortlisted.write(store.path)
            print(f"- {precision}: shortlist, its recall and the file in {time.perf_counter() - begin:.0f} s")
            with closing(Store(path, writable=True)) as writer, writer.writing():
                writer.connection.execute("INSERT OR REPLACE INTO derived VALUES (1, ?, ?)", (file, checksum))
            shortlisted = load(store, precision, FEW)
        exact, queries = load(store, precision, 10**12), np.load(path / "queries.npy")
        shares = [
            len(np.intersect1d(exact.search(query, 10)[0], shortlisted.search(query, 10)[0])) / 10
            for query in queries
        ]
        print(
            f"- {precision}: recall@10 against all pages, {len(queries)} queries: "
            f"{statistics.mean(shares):.4f}; what the space says of itself: {shortlisted.recall:.4f}",
            flush=True,
        )
        for k in (10, 100, 200):
            report(
                f"{precision}: two stages against all pages, k = {k}",
                lambda k=k: shortlisted.search(queries[0], k),
                lambda k=k: exact.search(queries[0], k),
            )
    print()


def build(path: Path, noise: float) -> None:
    """An index of many structured pages, with queries beside it."""
    world = World(noise, seed=7)
    things: list[Any] = []

    def pages() -> Any:
        for vectors, shown in world.pages(MANY):
            things.append(shown)
            yield vectors

    filled(path, pages()).close()
    asked = np.random.default_rng(1).choice([at for at in range(MANY) if len(things[at])], QUESTIONS)
    np.save(path / "queries.npy", np.stack([world.query(things[at]) for at in asked]))


def filled(folder: Path, pages: Any) -> Store:
    """An index whose one space has these pages, opened for reading."""
    create(folder)
    with closing(Store(folder, writable=True)) as store:
        store.connection.execute("PRAGMA synchronous = OFF")
        with store.writing():
            store.connection.execute("INSERT INTO spaces VALUES (1, 'visual', ?, 1, '')", (DIM,))
            store.connection.execute("INSERT INTO documents VALUES (1, 'd', 'd', 'x/y', '', 0, 1, '{}')")
            for row, vectors in enumerate(pages, 1):
                _add(store, row, vectors)
    return Store(folder)


def _add(store: Store, row: int, vectors: Any) -> None:
    boxes = pack_boxes(np.full((len(vectors), 4), np.nan, np.float32))
    store.connection.execute("INSERT INTO pages VALUES (?, 1, ?, 1, 1, 0, '', '', x'')", (row, row))
    store.connection.execute(
        "INSERT INTO page_vectors VALUES (?, 1, 1, ?, ?, ?)",
        (row, len(vectors), vectors.astype("<f2").tobytes(), boxes),
    )


def load(store: Store, precision: str, exact_up_to: int) -> PageSpace:
    with store.snapshot():
        return PageSpace.load(store, 1, "visual", DIM, precision, exact_up_to)


def whole_searches(folder: Path, precisions: Sequence[str]) -> None:
    """A search of the store, exact scores from the database included, against all scores of the peers."""
    print(f"## {PAGES} structured pages × {VECTORS}: the whole search, with exact scores from the database\n")
    world = World(0.5, seed=3)
    pages, things = zip(*world.pages(PAGES), strict=True)
    queries = [world.query(shown) for shown in things[:QUESTIONS] if len(shown)]
    others = peers(np.stack(pages), queries[0])
    with closing(filled(folder / "codes", pages)) as store:
        exact = load(store, "float16", 10**12)
        for precision in precisions:
            space = load(store, precision, 10**12)
            for k in (10, 200):
                shares = [
                    len(np.intersect1d(space.search(query, k)[0], exact.search(query, k)[0])) / k
                    for query in queries
                ]
                print(f"- {precision}: recall@{k} {statistics.mean(shares):.4f}, {len(queries)} queries")
                for name, other in others.items():
                    report(
                        f"{precision}, k = {k}, against {name}",
                        lambda space=space, k=k: space.search(queries[0], k),
                        other,
                    )
    print()


def report(what: str, ours: Callable[[], Any], other: Callable[[], Any]) -> None:
    """Print how many times as fast ours is, with milliseconds of processor time and of the clock."""
    ours(), other()
    times: list[list[tuple[float, float]]] = [[], []]
    for _ in range(PAIRS):
        for at, call in enumerate((ours, other)):
            wall, cpu = time.perf_counter(), time.process_time()
            call()
            times[at].append((time.process_time() - cpu, time.perf_counter() - wall))
    mine, theirs = ([min(column) * 1e3 for column in zip(*one, strict=True)] for one in times)
    print(
        f"- {what}: {theirs[0] / mine[0]:.1f} × the speed ({mine[0]:.1f} against {theirs[0]:.1f} CPU ms, "
        f"{mine[1]:.1f} against {theirs[1]:.1f} ms by the clock)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", choices=PARTS, default=PARTS)
    parser.add_argument("--noise", nargs="+", type=float, default=[0.5, 0.8], help="of two stages' pages")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS)
    parser.add_argument("--folder", type=Path, help="where the indexes of two stages stay for the next time")
    options = parser.parse_args()
    print_machine()
    if "kernels" in options.parts:
        against_others(options.precision or PRECISIONS)
    with tempfile.TemporaryDirectory() as temporary:
        if "bytes" in options.parts:
            bytes_a_page(Path(temporary))
        if "searches" in options.parts:
            whole_searches(Path(temporary), options.precision or ["float16", "int8", "bit"])
        if "stages" in options.parts:
            for noise, precision in product(options.noise, options.precision or ["float16", "int8"]):
                two_stages(options.folder or Path(temporary), noise, precision)


if __name__ == "__main__":
    main()
