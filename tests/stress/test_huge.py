"""A document of thousands of pages: memory, and a run that is killed in its middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from mmrag.ingest.base import PAGES_A_RANGE
from tests.stress.huge import make_pdf
from tests.stress.runs import ROOT, answers
from tests.stress.table import Trials
from tests.truth import truth

_MOST_MB = 200


@pytest.mark.row("10,000-page PDF", "memory grows by ≤ 200 MB; resumes in the middle")
def test_a_huge_document_is_read_in_flat_memory_and_taken_up_in_its_middle(
    tmp_path: Path, trials: Trials, request: pytest.FixtureRequest
) -> None:
    counts = request.config.getoption("--trials")
    pages, lines = {"smoke": (270, 8), "ci": (2_000, 40), "stress": (10_000, 40)}[counts]
    folder, whole, resumed = tmp_path / "docs", tmp_path / "whole", tmp_path / "resumed"
    folder.mkdir()
    make_pdf(folder / "huge.pdf", pages, lines)
    trials.made(2)

    read, grown = _run(folder, whole)
    assert read == pages
    assert grown <= _MOST_MB
    trials.held()

    stop_at = max(PAGES_A_RANGE + 4, pages * 3 // 5)
    _run(folder, resumed, stop_at)
    read, grown_again = _run(folder, resumed)
    assert read == pages - stop_at // PAGES_A_RANGE * PAGES_A_RANGE
    assert grown_again <= _MOST_MB
    assert truth(resumed) == truth(whole)
    assert answers(resumed) == answers(whole)
    trials.held()
    trials.note(f"{pages:,} pages: memory grew by {grown} MB")
    trials.note(f"killed at page {stop_at:,}, the next run read {read:,} pages, and grew by {grown_again} MB")


def _run(folder: Path, index: Path, stop_at: int = 0) -> tuple[int, int]:
    """Pages read, and growth in MB; nothing of a run that is to be killed."""
    run = subprocess.run(
        [sys.executable, "-m", "tests.stress.huge", str(folder), str(index), str(stop_at)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == (-signal.SIGKILL if stop_at else 0), run.stderr
    if stop_at:
        return 0, 0
    read, grown = run.stdout.split()
    return int(read), int(grown)
