"""Disks that are full, or fail."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from mmrag.cli.failing import DISK_FULL, ERROR
from tests.stress.runs import ROOT, Scenes, check_between, check_finished, finish, start
from tests.stress.table import Trials
from tests.stress.tools import counted, mounting, tracing

_ROW = pytest.mark.row(
    "disk full (small tmpfs; k-th write fails), EIO",
    "its own exit code and message; the old generation still answers",
)
_CODES = {"ENOSPC": DISK_FULL, "EIO": ERROR}
_FAULTS = (
    ("pwrite64", "ENOSPC"),
    ("pwrite64", "EIO"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("rename", "ENOSPC"),
)
"""What fails: all calls of SQLite and of files that are made whole; a small disk fails the others."""


@_ROW
def test_a_full_disk_is_said_and_harms_nothing(
    scenes: Scenes, trials: Trials, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--trials") == "smoke":
        for number in trials(smoke=1, ci=0, stress=0):
            assert _fail(scenes, {DISK_FULL}, "--by", "ENOSPC", "--break-at", str(2 + 4 * number))
            trials.held()
        return
    wanted = len(trials(smoke=0, ci=8, stress=80))
    run = subprocess.run(
        [*mounting(":"), sys.executable, "-m", "tests.stress.small_disk", scenes.place.parent, str(wanted)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    codes = [int(line.split()[1]) for line in run.stdout.splitlines()]
    trials.held(len(codes))
    assert run.returncode == 0, run.stderr
    assert DISK_FULL in codes
    trials.note(f"{codes.count(DISK_FULL)} disks were too small")


@_ROW
def test_a_call_that_fails_is_said_and_harms_nothing(
    scenes: Scenes, trials: Trials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--trials") == "smoke":
        assert _fail(scenes, {ERROR}, "--by", "EIO", "--break-at", "6", resume=False)
        return
    log, calls = tmp_path / "log", {call for call, _ in _FAULTS}
    scenes.set("update")
    code, said = finish(start(scenes.folder, scenes.index, under=tracing(log, [*calls])))
    assert code == 0, said
    times = counted(log)
    points = [
        (call, error, at, lasting)
        for call, error in _FAULTS
        for at in range(1, times[call] + 1)
        for lasting in ("", "+")
    ]
    wanted, failed = trials(smoke=0, ci=8, stress=100), 0
    for number in wanted:
        call, error, at, lasting = points[(number * len(points) + len(points) // 2) // len(wanted)]
        under = tracing(log, [call], f"{call}:error={error}:when={at}{lasting}")
        # SQLite does not say why it can't extend its own file; when mmrag looks, there is room again.
        unsure = {ERROR} if error == "ENOSPC" and not lasting else set()
        failed += _fail(scenes, {_CODES[error]} | unsure, under=under)
        trials.held()
    assert failed
    trials.note(f"{failed} runs failed")


def _fail(
    scenes: Scenes, expected: set[int], *options: str, under: Sequence[str] = (), resume: bool = True
) -> bool:
    """Whether the run failed; some calls may. What it left answers, and the next run goes on."""
    scenes.set("update")
    code, said = finish(start(scenes.folder, scenes.index, *options, under=under))
    assert code in {0} | expected, (code, said)
    if code:
        assert said.startswith("mmrag: "), said
        assert said.count("\n") == 1, said
        check_between(scenes)
    if resume:
        again, said = finish(start(scenes.folder, scenes.index))
        assert again == 0, said
        check_finished(scenes, "update")
    return code != 0
