"""What broke other parsers: the PDFs and pictures of their test suites, each with a status of its own."""

from __future__ import annotations

import random
import shutil
from pathlib import Path

import pymupdf
import pytest
from PIL import Image

from mmrag.types import Status
from tests.stress.get_documents import documents
from tests.stress.reading import read
from tests.stress.table import Trials
from tests.stress.test_bombs import MOST_MEMORY

SEED = 20261122


def damaged(folder: Path, count: int) -> list[Path]:
    """PDFs and pictures with bytes changed, cut out and repeated; made on the spot."""
    draw = random.Random(SEED)
    folder.mkdir()
    with pymupdf.open() as document:
        for number in range(3):
            document.new_page().insert_text((72, 72), f"Page {number} of the zebra.")
        whole = document.tobytes(garbage=3)
    picture = folder / "whole.png"
    Image.effect_noise((40, 40), 90).save(picture)
    made = []
    for number in range(count):
        data = bytearray(picture.read_bytes() if number % 4 == 3 else whole)
        for _ in range(draw.randrange(1, 30)):
            place = draw.randrange(8, len(data))
            match draw.randrange(3):
                case 0:
                    data[place] = draw.randrange(256)
                case 1:
                    del data[place : place + draw.randrange(1, 40)]
                case 2:
                    data[place:place] = data[place : place + draw.randrange(1, 400)]
        made.append(folder / f"{number}{'.png' if number % 4 == 3 else '.pdf'}")
        made[-1].write_bytes(data)
    picture.unlink()
    return made


@pytest.mark.row(
    "hostile corpora: PDFs and pictures from the test suites of ten programs",
    "every file has a status, the main process lives, each parser < 2 GB",
)
def test_hostile_documents(trials: Trials, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    docs = tmp_path / "docs"
    if request.config.getoption("--trials") == "smoke":
        chosen = damaged(docs, len(trials(smoke=24, ci=0, stress=0)))
    else:
        docs.mkdir()
        known = sorted(documents(request.config).values())
        wanted = len(trials(smoke=0, ci=300, stress=len(known)))
        chosen = [
            Path(shutil.copy(path, docs / path.name)) for path in random.Random(SEED).sample(known, wanted)
        ]
    outcome = read(docs, tmp_path / "index", 20.0, "--layout", "auto")
    assert outcome.peak < MOST_MEMORY, f"a parser had {outcome.peak / 1e6:,.0f} MB"
    for path in chosen:
        report = outcome.files[path.name]
        assert report["status"] in set(Status), path.name
        assert report["reason"] or report["status"] == Status.INDEXED, path.name
        trials.held()
    statuses = [outcome.status(path.name) for path in chosen]
    said = ", ".join(f"{statuses.count(status)} {status}" for status in Status if status in statuses)
    trials.note(f"seed {SEED}: {said}; peak {outcome.peak / 1e6:,.0f} MB")
