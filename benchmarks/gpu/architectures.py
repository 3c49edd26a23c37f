"""Real architectures with random weights on a GPU: ``python benchmarks/gpu/architectures.py``.

They cost what the real models do and say nothing of quality. Pages of a PDF made here are drawn and encoded
by mmrag's own loop (``encode_pages``), which draws a batch while the one before is encoded, and once more
without that. The ceiling is what a large square matrix product of the same type reaches on the device;
operations are counted by torch. Busy is the share of the time in which the model runs. Last is MaxSim over
pages of as many vectors as the models give.

``--device cpu --tiny`` tries the script out on toy sizes in seconds: such figures mean nothing.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import maxsim
import numpy as np
import pymupdf
import torch
from shapes import SHAPES, Inputs, Shape
from torch.utils.flop_counter import FlopCounterMode

from mmrag.benchmark.machine import print_machine
from mmrag.encoders.base import Matrix, PageVectors, PageView
from mmrag.encoders.batching import encode_pages
from mmrag.encoders.models.rows import unit_rows
from mmrag.ingest.pdf.render import render_page
from mmrag.pictures import for_model

DPI = 144
BATCHES = (1, 8, 32)


class RandomEncoder:
    """A page encoder over a model with random weights, which tells how long the model ran.

    Args:
        name: of the architecture.
        shape: the model.
        device: where it runs.
        ahead: whether mmrag draws the next pages meanwhile.
    """

    scripts = None
    languages = None
    fingerprint = "random weights"

    def __init__(self, name: str, shape: Shape, device: torch.device, ahead: bool = True) -> None:
        self.spec = name
        self.sees_pixels = ahead
        self.dim = 0
        self._shape, self._device = shape, device
        self._spans: list[tuple[torch.cuda.Event, torch.cuda.Event] | float] = []

    def inputs(self, pages: Sequence[PageView]) -> Inputs:
        """The pages as the model takes them, on its device."""
        kind = next(self._shape.model.parameters()).dtype
        made = self._shape.prepare([for_model(page.picture()) for page in pages])
        return {
            key: value.to(self._device, kind if value.is_floating_point() else None)
            for key, value in made.items()
        }

    @torch.inference_mode()
    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        """Vectors of the pages, of no place."""
        found = self._timed(self.inputs(pages))
        self.dim = found.shape[-1]
        return [PageVectors(unit_rows(rows), np.full((len(rows), 4), np.nan, np.float32)) for rows in found]

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """Nothing is asked here."""
        return []

    def busy(self) -> float:
        """Seconds in which the model ran."""
        spans = (
            span if isinstance(span, float) else span[0].elapsed_time(span[1]) / 1e3 for span in self._spans
        )
        return sum(spans)

    def _timed(self, inputs: Inputs) -> torch.Tensor:
        if self._device.type != "cuda":
            begin = time.perf_counter()
            found = self._shape.encode(**inputs)
            self._spans.append(time.perf_counter() - begin)
            return found
        first, last = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        first.record()
        found = self._shape.encode(**inputs)
        last.record()
        self._spans.append((first, last))
        return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy sizes, to try the script out")
    parser.add_argument("--pages", type=int, default=128)
    parser.add_argument("--models", nargs="+", choices=list(SHAPES), default=list(SHAPES))
    options = parser.parse_args()
    device = torch.device(options.device)
    kind = torch.bfloat16 if device.type == "cuda" else torch.float32
    count = 12 if options.tiny else options.pages
    if options.tiny:
        torch.set_num_threads(1)
    print_machine()
    if device.type == "cuda":
        print(f"GPU: {torch.cuda.get_device_name(device)}, torch {torch.__version__}")
    _, ceiling = maxsim.ceilings(device, kind, 64 if options.tiny else 8_192)
    print(f"ceiling: {ceiling / 1e12:,.3g} Tflop/s, square product in {str(kind).removeprefix('torch.')}")
    print(f"{count} pages of A4 at {DPI} dpi\n")
    alone = " | ".join(f"{size} at once: pages/s, of the ceiling" for size in BATCHES)
    print(
        f"| model | parameters | vectors a page | Gflop a page | {alone} "
        "| mmrag: pages/s, of the ceiling, busy | without drawing ahead: pages/s, busy |"
    )
    print("|---|---|---|---|" + "---|" * (len(BATCHES) + 2))
    late: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        pages = drawn_pages(Path(folder) / "pages.pdf", count)
        for name in options.models:
            with torch.device(device):
                torch.set_default_dtype(kind)
                shape = SHAPES[name](options.tiny)
                torch.set_default_dtype(torch.float32)
            shape.model.eval()
            each = measure(name, shape, pages, device, ceiling)
            if shape.late:
                late[name] = each
            del shape
            if device.type == "cuda":
                torch.cuda.empty_cache()
    print("\nMaxSim over pages of as many vectors:\n")
    maxsim.table(late, [20] if options.tiny else [1_000, 10_000], device, 64 if options.tiny else 8_192)


def measure(name: str, shape: Shape, pages: Sequence[PageView], device: torch.device, ceiling: float) -> int:
    """Print a row for one model; how many vectors it gives a page."""
    encoder = RandomEncoder(name, shape, device)
    parameters = sum(weights.numel() for weights in shape.model.parameters())
    with torch.inference_mode():
        one = encoder.inputs(pages[:1])
        with FlopCounterMode(display=False) as counter:
            each = shape.encode(**one).shape[1]
        flops = counter.get_total_flops()
        alone = []
        for size in BATCHES:
            batch = encoder.inputs([pages[at % len(pages)] for at in range(size)])
            speed = size / maxsim.seconds(lambda batch=batch: shape.encode(**batch), device)
            alone.append(f"{speed:,.1f}, {speed * flops / ceiling:.0%}")
    ahead, busy = through_mmrag(RandomEncoder(name, shape, device), pages)
    after, idle = through_mmrag(RandomEncoder(name, shape, device, ahead=False), pages)
    print(
        f"| {name} | {parameters / 1e6:,.4g} M | {each:,} | {flops / 1e9:,.3g} | {' | '.join(alone)} "
        f"| {ahead:,.1f}, {ahead * flops / ceiling:.0%}, {busy:.0%} | {after:,.1f}, {idle:.0%} |",
        flush=True,
    )
    return each


def through_mmrag(encoder: RandomEncoder, pages: Sequence[PageView]) -> tuple[float, float]:
    """Pages a second, drawn and encoded by mmrag, and the share of that time in which the model ran."""
    encoder.encode_pages(pages[:1])
    encoder._spans.clear()
    begin = time.perf_counter()
    made = encode_pages(encoder, pages)
    seconds = time.perf_counter() - begin
    if len(made) != len(pages):
        raise SystemExit(f"{encoder.spec} gave {len(made)} pages for {len(pages)}")
    return len(pages) / seconds, encoder.busy() / seconds


def drawn_pages(path: Path, count: int) -> list[PageView]:
    """Pages of text with a figure of lines, each drawn when its picture is asked for."""
    rng = np.random.default_rng(0)
    with pymupdf.open() as document:
        for number in range(count):
            page = document.new_page(width=595, height=842)
            words = rng.integers(0, 10_000, 500)
            page.insert_textbox((50, 50, 545, 480), " ".join(map(str, words)), fontsize=9)
            page.draw_rect((50, 500, 545, 780))
            heights = 770 - 250 * rng.random(40)
            points = [(55 + 12 * at, height) for at, height in enumerate(heights)]
            page.draw_polyline(points, color=(0.1, 0.2, 0.6))
            page.insert_text((50, 800), f"Figure {number + 1}")
        document.save(path)
    return [
        PageView((), (), lambda number=number: render_page(path, number, DPI))
        for number in range(1, count + 1)
    ]


if __name__ == "__main__":
    main()
