"""Comparisons made by hand, for reports."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from mmrag.benchmark.report.pages import Picture, Size, encoded
from mmrag.benchmark.values import Comparison, Dataset, Found, Gold, Laying, Outcome, Question, Run, Setup
from mmrag.types import BBox

GOLD_BOX = BBox(0.1, 0.2, 0.5, 0.4)
FOUND_BOX = BBox(0.05, 0.25, 0.55, 0.45)


def setup(view: str, pipeline: str = "mini") -> Setup:
    """``mini · visual``, ``mini · joint+visual``; ``mini · bm25`` of no view."""
    return Setup(pipeline, tuple(filter(None, view.split("+"))))


def questions(count: int, **changes: str) -> tuple[Question, ...]:
    """Question ``n`` is about page 1 of ``n.pdf``; kinds and languages take turns."""
    made = []
    for place in range(count):
        values = {
            "kind": ("figure", "text")[place % 2],
            "language": ("en", "en", "zh")[place % 3],
            "text": f"What does page {place} say?",
        } | changes
        made.append(Question(f"q-{place}", gold=(Gold(f"{place}.pdf", 1, boxes=(GOLD_BOX,)),), **values))
    return tuple(made)


def run(name: Setup, asked: Sequence[Question], ranks: Sequence[int | None], **laying: float) -> Run:
    """A setup that finds the gold page of each question at this rank, other pages of that file elsewhere."""
    outcomes = []
    for question, rank in zip(asked, ranks, strict=True):
        gold = question.gold[0]
        ranking = tuple(
            Found(gold.file, 1 if at == rank else at + 1, 1 / at, FOUND_BOX) for at in range(1, 11)
        )
        outcomes.append(Outcome(question.id, ranking, 0.02))
    values = {"pages": 100, "seconds": 50.0, "bytes": 2_000_000} | laying
    return Run(name, Laying(**values), tuple(outcomes))  # type: ignore[arg-type]


def comparison(
    *runs: tuple[str, Sequence[int | None]],
    asked: tuple[Question, ...] | None = None,
    name: str = "reports",
    note: str = "Asked by people.",
) -> Comparison:
    """Setups, each with its ranks of the gold pages."""
    asked = asked or questions(len(runs[0][1]))
    made = tuple(
        run(setup(view), asked, ranks, seconds=50.0 * place, bytes=2_000_000 * place)
        for place, (view, ranks) in enumerate(runs, 1)
    )
    return Comparison(
        Dataset(name, Path("corpus"), asked, note),
        made,
        {"command": "mmrag bench reports", "machine": "x86_64, 2 cores", "seed": "0"},
    )


def draw(file: str, page: int, size: Size) -> Picture:
    """A page of one colour, another for every page number."""
    return encoded(Image.new("RGB", (300, 400), (255, 250 - 20 * page, 200)), size)


def read_data(uri: str) -> Image.Image:
    """The picture of a data URI."""
    head, _, data = uri.partition(",")
    assert head == "data:image/webp;base64"
    return Image.open(io.BytesIO(base64.b64decode(data)))
