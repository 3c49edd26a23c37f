"""Processes side by side: readers and a writer, two writers, and places that are for reading only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import mmrag
from mmrag.errors import LockedError
from tests.stress.querying import write_documents
from tests.stress.run import FAKES
from tests.stress.runs import (
    ROOT,
    Scenes,
    check_between,
    check_finished,
    finish,
    start,
)
from tests.stress.table import Trials
from tests.stress.tools import mounting, without_rights

READERS = 4
SECONDS = 2.0


@pytest.mark.row("4 readers while a writer updates", "no error, one generation an answer")
def test_readers_see_one_generation(tmp_path: Path, trials: Trials) -> None:
    folder, index = tmp_path / "docs", tmp_path / "index"
    folder.mkdir()
    write_documents(folder, 1)
    mmrag.build(folder, index, pipeline=FAKES).close()
    count = len(trials(smoke=40, ci=500, stress=5000)) // READERS
    readers = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.stress.querying", str(index), str(count), str(seed)],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(READERS)
    ]
    version = 1
    while any(reader.poll() is None for reader in readers):
        version += 1
        write_documents(folder, version)
        mmrag.build(folder, index, pipeline=FAKES).close()
    states = 0
    for reader in readers:
        seen, said = reader.communicate()
        assert reader.returncode == 0, said
        states += int(seen)
        trials.held(count)
    trials.note(f"{version:,} generations written, {states:,} changes seen")


@pytest.mark.row("two writers, stale lock", "one winner, the loser says so within 2 s, the lock heals")
def test_one_writer_wins(scenes: Scenes, trials: Trials) -> None:
    slowest = 0.0
    for number in trials(smoke=1, ci=15, stress=75):
        scenes.set("update")
        writers = [start(scenes.folder, scenes.index, "--pause") for _ in range(2)]
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("\n")
            writer.stdin.flush()
        said = [_first_line(writer) for writer in writers]
        assert sorted(line == "writing" for line in said) == [False, True], said
        winner, loser = writers if said[0] == "writing" else writers[::-1]
        slowest = max(slowest, float(said[said[0] == "writing"]))
        code, words = finish(loser)
        assert code == 1
        assert f"is being written by process {winner.pid} on " in words
        # Every other winner is killed: what it held goes with it.
        if number % 2:
            os.killpg(winner.pid, signal.SIGKILL)
        code, words = finish(winner)
        assert code == (-signal.SIGKILL if number % 2 else 0), words
        code, words = finish(start(scenes.folder, scenes.index))
        assert code == 0, words
        check_finished(scenes, "update")
        trials.held()
    assert slowest < SECONDS
    trials.note(f"told within {slowest:.2f} s")


@pytest.mark.row("two writers, stale lock", "one winner, the loser says so within 2 s, the lock heals")
def test_a_lock_goes_with_its_holder(scenes: Scenes, trials: Trials) -> None:
    for _ in trials(smoke=0, ci=15, stress=75):
        scenes.set("update")
        holder = start(scenes.folder, scenes.index, "--pause")
        assert holder.stdin is not None
        holder.stdin.write("\n")
        holder.stdin.flush()
        assert _first_line(holder) == "writing"
        for rebuild in (False, True):
            begin = time.monotonic()
            with pytest.raises(LockedError, match=f"by process {holder.pid} on "):
                mmrag.build(scenes.folder, scenes.index, pipeline=FAKES, rebuild=rebuild)
            assert time.monotonic() - begin < SECONDS
        with mmrag.open(scenes.index) as index, pytest.raises(LockedError, match=f"by process {holder.pid} "):
            index.remove("*.png")
        check_between(scenes)
        os.killpg(holder.pid, signal.SIGKILL)
        finish(holder)
        code, words = finish(start(scenes.folder, scenes.index))
        assert code == 0, words
        check_finished(scenes, "update")
        trials.held()


def _first_line(run: subprocess.Popen[str]) -> str:
    assert run.stdout is not None
    return run.stdout.readline().strip()


@pytest.mark.row("read-only index or source", "searches work; indexing fails within 2 s with a message")
@pytest.mark.parametrize("what", ["index", "docs"])
def test_what_is_for_reading_only_is_read(what: str, scenes: Scenes, trials: Trials) -> None:
    for number in trials(smoke=int(what == "index"), ci=2, stress=2):
        scenes.set("update")
        with (_forbidden if number == 0 else _mounted)(scenes.place / what) as under:
            assert _answers(scenes.index, under) == scenes.answers["first"]
            run = start(scenes.folder, scenes.index, under=under)
            seconds, said = run.communicate()
            if what == "index":
                assert (run.returncode, "can't be written to" in said) == (1, True), said
                assert float(seconds) < SECONDS
                check_between(scenes)
            else:
                assert run.returncode == 0, said
                check_finished(scenes, "update")
        trials.held()


@contextmanager
def _mounted(place: Path) -> Iterator[list[str]]:
    """The command to run under: in a namespace in which this place can't be written to."""
    yield mounting(f"mount --bind {place} {place}\nmount -o remount,bind,ro {place}")


@contextmanager
def _forbidden(place: Path) -> Iterator[list[str]]:
    """The same, without the right to write there."""
    paths = [place, *place.rglob("*")]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & ~0o222)
    try:
        yield without_rights()
    finally:
        for path, mode in modes.items():
            path.chmod(mode)


def _answers(index: Path, under: list[str]) -> list[tuple[str, int, float]]:
    code = (
        "import json, pathlib, sys; from tests.stress.runs import answers;"
        "print(json.dumps(answers(pathlib.Path(sys.argv[1]))))"
    )
    run = subprocess.run(
        [*under, sys.executable, "-c", code, str(index)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return [(path, page, score) for path, page, score in json.loads(run.stdout)]
