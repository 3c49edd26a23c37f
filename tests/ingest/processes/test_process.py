import os
import subprocess
import sys

import pytest

from mmrag.ingest.processes import process
from mmrag.ingest.processes.process import _Patience


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What a parser has used of the processors, and the clock: ``[processor, wall]`` seconds."""
    now = [0.0, 100.0]
    monkeypatch.setattr(process, "_processor_seconds", lambda _pid: now[0])
    monkeypatch.setattr(process.time, "monotonic", lambda: now[1])
    return now


def test_a_parser_that_had_its_time_is_stopped(clock: list[float]) -> None:
    patience = _Patience(1, 10.0)
    clock[:] = [6.0, 110.0]
    assert not patience.extended()


def test_a_parser_that_sleeps_is_stopped(clock: list[float]) -> None:
    patience = _Patience(1, 10.0)
    clock[:] = [0.0, 110.0]
    assert not patience.extended()


def test_a_starved_parser_is_waited_for_but_not_forever(clock: list[float]) -> None:
    patience = _Patience(1, 10.0)
    waits = 0
    while True:
        clock[1] += patience.left()
        clock[0] += 0.25
        if not patience.extended():
            break
        waits += 1
    assert waits == 8
    assert clock[1] == 150.0


def test_processor_time_of_a_process() -> None:
    busy = subprocess.Popen(
        [sys.executable, "-c", "x = 0\nfor i in range(3_000_000): x += i\nprint(x, flush=True)\ninput()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert busy.stdout is not None
    busy.stdout.readline()
    assert process._processor_seconds(busy.pid) > 0.05
    busy.communicate(b"\n")
    assert process._processor_seconds(busy.pid) == 0.0
    assert process._processor_seconds(os.getpid()) > 0.0
