"""Random input for hours: no crash but an error of ours, and no hang."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, given, settings

from mmrag.errors import MmragError
from tests.stress.fuzzed import TARGETS
from tests.stress.table import Trials

SECONDS = {"smoke": 0.5, "ci": 600.0, "stress": 7200.0}
"""Of the processor, for all targets together; ``--fuzz-seconds`` says otherwise."""

HANG = 20
"""Seconds of the processor after which one input hangs."""

ROUND = {"smoke": 3, "ci": 100, "stress": 1000}


class HangError(Exception):
    """An input that takes too long."""


@contextmanager
def bounded() -> Iterator[None]:
    """Interrupts what takes `HANG` seconds of the processor; how busy the machine is does not matter."""

    def stop(*_: object) -> None:
        raise HangError(f"more than {HANG} s of the processor for one input")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.row(f"fuzzing (hypothesis): {name}", "no crash, no hang"))
        for name in TARGETS
    ],
)
def test_no_input_breaks(name: str, trials: Trials, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    counts = request.config.getoption("--trials")
    seconds = request.config.getoption("--fuzz-seconds") or SECONDS[counts]
    target = TARGETS[name]
    slowest = 0.0
    tried = 0

    def once(value: Any) -> None:
        nonlocal slowest, tried
        begin = time.process_time()
        with bounded(), suppress(MmragError):
            target.run(value, tmp_path)
        slowest = max(slowest, time.process_time() - begin)
        tried += 1

    end = time.process_time() + seconds / len(TARGETS)
    seed = 0
    while seed == 0 or time.process_time() < end:
        run = settings(
            max_examples=ROUND[counts], deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )(hypothesis.seed(seed)(given(target.inputs)(once)))
        run()
        seed += 1
    trials.made(tried)
    trials.held(tried)
    trials.note(
        f"{seconds / len(TARGETS):.0f} s of the processor, {seed} seeds, slowest input {slowest:.1f} s"
    )
