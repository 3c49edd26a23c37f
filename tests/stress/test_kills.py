"""Runs that SIGKILL ends at random times, or at each sync and rename, and the runs after them."""

from __future__ import annotations

import random
import signal
from pathlib import Path

import pytest

from mmrag.index.store import is_index
from tests.stress.runs import Scenes, answers, check_between, check_finished, finish, start
from tests.stress.table import Trials
from tests.stress.tools import counted, tracing

_CALLS = ("fsync", "fdatasync", "rename", "renameat", "renameat2")
_KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)
_KINDS = {"first": ("first", ()), "update": ("update", ()), "rebuild": ("update", ("--rebuild",))}
"""Runs: of which scene, with which options."""


@pytest.mark.row(
    "SIGKILL at a random time, then resume (the resume killed too)",
    "same ids, equal vectors and the same top 10 as a clean build",
)
def test_runs_killed_at_random_go_on_to_the_same_index(scenes: Scenes, trials: Trials) -> None:
    draw, killed = random.Random(6), 0
    for _ in trials(smoke=1, ci=25, stress=300):
        scenes.set("first")
        for _ in range(2):
            wait = draw.uniform(0.1, 0.9) * scenes.seconds
            code, said = finish(start(scenes.folder, scenes.index), wait)
            assert code in (0, *_KILLED), said
            killed += code != 0
            if is_index(scenes.index):
                check_between(scenes)
        code, said = finish(start(scenes.folder, scenes.index))
        assert code == 0, said
        check_finished(scenes, "first")
        assert answers(scenes.index) == scenes.answers["first"]
        trials.held()
    assert killed
    trials.note(f"{killed:,} kills")


@pytest.mark.row(
    "SIGKILL at each fsync and rename", "the index opens as it was or as it is to be, and resuming is clean"
)
def test_runs_killed_at_each_sync_and_rename_go_on(
    scenes: Scenes, trials: Trials, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if request.config.getoption("--trials") == "smoke":
        for number in trials(smoke=1, ci=0, stress=0):
            _kill(scenes, "update", "--break-at", str(3 + 4 * number))
            trials.held()
        return
    log, points = tmp_path / "log", []
    for kind, (scene, options) in _KINDS.items():
        scenes.set(scene)
        code, said = finish(start(scenes.folder, scenes.index, *options, under=tracing(log, _CALLS)))
        assert code == 0, said
        points += [(kind, call, at) for call, times in counted(log).items() for at in range(1, times + 1)]
    wanted = trials(smoke=0, ci=60, stress=len(points))
    for number in wanted:
        kind, call, at = points[number * len(points) // len(wanted)]
        _kill(scenes, kind, under=tracing(log, [call], f"{call}:signal=KILL:when={at}"))
        trials.held()
    trials.note(f"{len(points):,} places")


def _kill(scenes: Scenes, kind: str, *more: str, under: list[str] | None = None) -> None:
    scene, options = _KINDS[kind]
    scenes.set(scene)
    code, said = finish(start(scenes.folder, scenes.index, *options, *more, under=under or ()))
    assert code in _KILLED, (code, said)
    assert scene == "first" or is_index(scenes.index), "the index is gone"
    if is_index(scenes.index):
        check_between(scenes)
    code, said = finish(start(scenes.folder, scenes.index, *options))
    assert code == 0, said
    check_finished(scenes, scene)
