"""Real architectures with random weights on a GPU: ``python benchmarks/gpu/architectures.py``.

They cost what the real models do and say nothing of quality. Pages of a PDF made here are drawn and encoded
by mmrag's own loop (``encode_pages``), which draws a batch while the one before is encoded, and once more
without that. The ceiling is what a large square matrix product of the same type reaches on the device;
operations are counted by torch. Busy is the share of the time in which the model runs. Last is MaxSim over
pages of as many vectors as the models give.

What fails, for want of memory say, is named in its cell and costs no other; after ``--minutes`` nothing new
is begun. ``--device cpu --tiny`` tries the script out on toy sizes in seconds: such figures mean nothing.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Sequence
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

    def run(self, inputs: Inputs) -> torch.Tensor:
        """The model's vectors for what `inputs` has made."""
        return self._shape.encode(**inputs)

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


class Trials:
    """Measurements of which each may fail, until the time is up.

    Args:
        minutes: after which none is begun.
    """

    def __init__(self, minutes: float) -> None:
        self.failures: list[str] = []
        self._end = time.monotonic() + 60 * minutes

    def cell(self, what: str, measure: Callable[[], str]) -> str:
        """What ``measure`` says, or in short why it could not."""
        if time.monotonic() > self._end:
            self.failures.append(f"{what}: no time was left")
            return "no time left"
        try:
            return measure()
        except Exception as error:  # whatever it is, the other cells are worth having
            lines = str(error).strip().splitlines() or [""]
            self.failures.append(f"{what}: {type(error).__name__}: {lines[0]}")
            return type(error).__name__


class Measured:
    """What one model costs.

    Args:
        name: of the model.
        pages: to encode.
        device: where it runs.
        ceiling: operations a second of the square product.
        trials: what each measurement is part of.

    Attributes:
        late: how many vectors it gives a page, by its name, if these are many.
    """

    def __init__(
        self, name: str, pages: Sequence[PageView], device: torch.device, ceiling: float, trials: Trials
    ) -> None:
        self.late: dict[str, int] = {}
        self._name, self._pages, self._device = name, pages, device
        self._ceiling, self._trials = ceiling, trials

    @torch.inference_mode()
    def row(self, shape: Shape) -> str:
        """Cells of the table, each by itself as soon as the model has run once."""
        encoder = RandomEncoder(self._name, shape, self._device)
        parameters = sum(weights.numel() for weights in shape.model.parameters())
        one = encoder.inputs(self._pages[:1])
        with FlopCounterMode(display=False) as counter:
            each = shape.encode(**one).shape[1]
        flops = counter.get_total_flops()
        if shape.late:
            self.late = {self._name: each}
        cells = [f"{parameters / 1e6:,.4g} M", f"{each:,}", f"{flops / 1e9:,.3g}"]
        for size in BATCHES:
            cells.append(self._cell(f"{size} at once", lambda size=size: self._alone(encoder, size, flops)))
        for ahead, what in ((True, "through mmrag"), (False, "without drawing ahead")):
            cells.append(self._cell(what, lambda ahead=ahead: self._through(shape, ahead, flops)))
        return " | ".join(cells)

    def _cell(self, what: str, measure: Callable[[], str]) -> str:
        return self._trials.cell(f"{self._name}, {what}", measure)

    def _alone(self, encoder: RandomEncoder, size: int, flops: int) -> str:
        batch = encoder.inputs([self._pages[at % len(self._pages)] for at in range(size)])
        speed = size / maxsim.seconds(lambda: encoder.run(batch), self._device)
        return f"{speed:,.1f}, {speed * flops / self._ceiling:.0%}"

    def _through(self, shape: Shape, ahead: bool, flops: int) -> str:
        encoder = RandomEncoder(self._name, shape, self._device, ahead)
        speed, busy = through_mmrag(encoder, self._pages)
        of_ceiling = f", {speed * flops / self._ceiling:.0%}" if ahead else ""
        return f"{speed:,.1f}{of_ceiling}, {busy:.0%}"


def model_on(name: str, tiny: bool, device: torch.device, kind: torch.dtype) -> Callable[[], Shape]:
    """Makes a model on its device; not every way to draw random weights is there for each type."""

    def make() -> Shape:
        with torch.device(device):
            shape = SHAPES[name](tiny)
        shape.model.to(kind).eval()
        return shape

    return make


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--tiny", action="store_true", help="toy sizes, to try the script out")
    parser.add_argument("--pages", type=int, default=128)
    parser.add_argument("--minutes", type=float, default=7, help="begin nothing new after so many")
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
    trials = Trials(options.minutes)
    _, ceiling = maxsim.ceilings(device, kind, 64 if options.tiny else 8_192)
    print(f"ceiling: {ceiling / 1e12:,.3g} Tflop/s, square product in {str(kind).removeprefix('torch.')}")
    print(f"{count} pages of A4 at {DPI} dpi\n")
    alone = " | ".join(f"{size} at once: pages/s, of the ceiling" for size in BATCHES)
    print(
        f"| model | parameters | vectors a page | Gflop a page | {alone} "
        "| mmrag: pages/s, of the ceiling, busy | without drawing ahead: pages/s, busy |"
    )
    print("|---|---|---|---|" + "---|" * (len(BATCHES) + 2), flush=True)
    late: dict[str, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        pages = drawn_pages(Path(folder) / "pages.pdf", count)
        for name in options.models:
            made = model_on(name, options.tiny, device, kind)
            measured = Measured(name, pages, device, ceiling, trials)
            print(
                f"| {name} | {trials.cell(name, lambda made=made, of=measured: of.row(made()))} |", flush=True
            )
            late |= measured.late
            gc.collect()
            if device.type == "cuda":
                torch.cuda.empty_cache()
    print("\nMaxSim over pages of as many vectors:\n", flush=True)
    counts, size = ([20], 64) if options.tiny else ([1_000, 10_000], 8_192)
    failed = trials.cell("MaxSim", lambda: maxsim.table(late, counts, device, size) or "")
    if failed:
        print(failed)
    if trials.failures:
        raise SystemExit("\n".join(["", *trials.failures]))


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
