"""MaxSim on a GPU beside mmrag's on the CPU, in one run: ``python benchmarks/gpu/maxsim.py``.

mmrag scores pages on the CPU; this shows what a GPU would add: pages as float16 on the device, one product a
chunk, the largest a page, the sum. A single query is bound by memory, many at once by arithmetic, so both
ceilings are measured beside: how fast the device reads, and a large square product. mmrag is asked one query
after another. ``--device cpu`` tries the script out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from mmrag.benchmark.machine import print_machine
from mmrag.index.multivector.kernel import maxsim
from mmrag.index.multivector.packed import pack

DIM, TOKENS, RUNS = 128, 20, 9
MOST_SECONDS = 10
DISTINCT = 500
MODELS = {"ColPali": 1_030, "ColQwen2.5, largest page": 768, "ColPali, pooled by 3": 344}
"""Vectors a page."""
CHUNK = 1 << 20


def scores(queries: torch.Tensor, pages: torch.Tensor) -> torch.Tensor:
    """``(q, m, dim)`` and ``(p, n, dim)`` to ``(q, p)`` float32."""
    count, each, dim = pages.shape
    flat, parts = queries.reshape(-1, dim).T, []
    step = max(1, CHUNK // (each * len(queries)))
    for start in range(0, count, step):
        products = pages[start : start + step].reshape(-1, dim) @ flat
        best = products.view(-1, each, *queries.shape[:2]).amax(dim=1)
        parts.append(best.sum(dim=2, dtype=torch.float32))
    return torch.cat(parts).T


def seconds(call: Callable[[], object], device: torch.device) -> float:
    """Median of some runs, the device idle before and after; of one where they take long."""
    call()
    times: list[float] = []
    while len(times) < RUNS and sum(times) < MOST_SECONDS:
        _wait(device)
        begin = time.perf_counter()
        call()
        _wait(device)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def ceilings(device: torch.device, kind: torch.dtype, size: int) -> tuple[float, float]:
    """Bytes a second that a sum reads, and operations a second of a square product of random numbers.

    Of equal ones a GPU's product is faster: they cost less power.
    """
    block = torch.ones((size * 1024, 256), device=device, dtype=kind)
    read = block.numel() * block.element_size() / seconds(lambda: block.sum(), device)
    square = torch.randn((size, size), device=device).to(kind)
    return read, 2 * size**3 / seconds(lambda: square @ square, device)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--pages", type=int, nargs="+", default=[1_000, 10_000])
    options = parser.parse_args()
    device = torch.device(options.device)
    print_machine()
    if device.type == "cuda":
        print(f"GPU: {torch.cuda.get_device_name(device)}")
    table(MODELS, options.pages, device, 8_192 if device.type == "cuda" else 1_024)


def table(models: Mapping[str, int], counts: Sequence[int], device: torch.device, size: int) -> None:
    """Print milliseconds for models that give so many vectors a page, over so many pages.

    ``size`` is the side of the square product that is the ceiling.
    """
    kind = torch.float16 if device.type == "cuda" else torch.float32
    read, product = ceilings(device, kind, size)
    print(f"ceilings: {read / 1e9:,.0f} GB/s read, {product / 1e12:,.2f} Tflop/s square product\n")
    print("| model | pages | queries | ms | of the read ceiling | of the product ceiling | mmrag, CPU, ms |")
    print("|---|---|---|---|---|---|---|")
    for name, each in models.items():
        for count in counts:
            measure(name, each, count, device, kind, read, product)


def measure(
    name: str, each: int, count: int, device: torch.device, kind: torch.dtype, read: float, product: float
) -> None:
    rng = np.random.default_rng(0)
    some = rng.standard_normal((min(count, DISTINCT), each, DIM), dtype=np.float32)
    some /= np.linalg.norm(some, axis=-1, keepdims=True)
    shown = np.arange(count) % len(some)  # drawing all of them anew would take longer than all else
    packed = pack(np.arange(count), [some[at] for at in shown], DIM, "float16")
    on_device = torch.from_numpy(some).to(device, kind)[torch.from_numpy(shown).to(device)]
    for many in (1, 32):
        queries = rng.standard_normal((many, TOKENS, DIM), dtype=np.float32)
        queries /= np.linalg.norm(queries, axis=-1, keepdims=True)
        asked = torch.from_numpy(queries).to(device, kind)
        found, wanted = scores(asked, on_device)[0].cpu().numpy(), maxsim(queries[0], packed)
        if not np.allclose(found, wanted, atol=0.05):
            raise SystemExit(f"the scores differ by up to {np.abs(found - wanted).max():.3f}")
        took = seconds(lambda asked=asked: scores(asked, on_device), device)
        on_cpu = seconds(lambda query=queries[0]: maxsim(query, packed), torch.device("cpu"))
        bytes_read = on_device.numel() * on_device.element_size()
        print(
            f"| {name} | {count:,} | {many} | {took * 1e3:.2f} | {bytes_read / took / read:.0%} "
            f"| {2 * on_device.numel() * many * TOKENS / took / product:.0%} | {on_cpu * 1e3 * many:,.1f} |",
            flush=True,
        )


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)


if __name__ == "__main__":
    main()
