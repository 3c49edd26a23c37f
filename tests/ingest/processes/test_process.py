import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmrag.config import IngestOptions
from mmrag.ingest.place import Place
from mmrag.ingest.processes import process
from mmrag.ingest.processes.process import ParserProcess, _Patience, _Waiting
from mmrag.ingest.processes.whereabouts import Teller, Whereabouts


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


@pytest.fixture
def whereabouts() -> Iterator[Whereabouts]:
    shared = Whereabouts()
    yield shared
    shared.close()


class Parser:
    """Takes steps and sends bytes at seconds of the clock, and uses a share of the processor.

    Args:
        clock: processor and wall seconds.
        whereabouts: in which steps are told.
        steps, sends: when.
        share: of a processor.
    """

    def __init__(
        self,
        clock: list[float],
        whereabouts: Whereabouts,
        steps: list[float],
        sends: list[float],
        share: float = 0.0,
    ) -> None:
        self._clock, self._steps, self._sends, self._share = clock, steps, sends, share
        self._teller = Teller(whereabouts.descriptor)

    def is_ready(self, seconds: float) -> bool:
        until = self._clock[1] + seconds
        sent = self._sends and self._sends[0] <= until
        until = self._sends.pop(0) if sent else until
        while self._steps and self._steps[0] <= until:
            self._move(self._steps.pop(0))
            self._teller.tell(Place(1))
        self._move(until)
        return bool(sent)

    def _move(self, wall: float) -> None:
        self._clock[0] += self._share * (wall - self._clock[1])
        self._clock[1] = wall


@pytest.mark.parametrize(
    ("steps", "sends", "share", "ends"),
    [
        ([], [109.0], 0.0, None),
        ([], [111.0], 0.0, 110.0),
        ([105.0, 112.0], [121.0], 0.0, None),
        ([105.0, 112.0], [123.0], 0.0, 122.0),
        ([105.0], [], 1.0, 115.0),
        ([], [124.0], 0.2, None),  # starved
        ([100.02], [124.0], 0.2, None),
    ],
)
def test_each_step_has_its_time(
    clock: list[float],
    whereabouts: Whereabouts,
    steps: list[float],
    sends: list[float],
    share: float,
    ends: float | None,
) -> None:
    parser = Parser(clock, whereabouts, steps, sends, share)
    assert _Waiting(1, 10.0, whereabouts).ended_well(parser.is_ready) is (ends is None)
    assert ends is None or clock[1] == pytest.approx(ends)


def test_a_parser_that_sends_a_byte_now_and_then_is_stopped(
    clock: list[float], whereabouts: Whereabouts
) -> None:
    parser = Parser(clock, whereabouts, [], [100 + 0.06 * count for count in range(1, 10_000)])
    waiting = _Waiting(1, 10.0, whereabouts)
    while waiting.ended_well(parser.is_ready):
        pass
    assert clock[1] == pytest.approx(110.0)


def test_a_parser_that_tells_of_steps_for_ever_is_stopped(
    clock: list[float], whereabouts: Whereabouts
) -> None:
    parser = Parser(clock, whereabouts, [100.0 + step for step in range(10_000)], [])
    assert not _Waiting(1, 10.0, whereabouts).ended_well(parser.is_ready)
    assert clock[1] <= 100.0 + 65 * 10.0


def test_where_there_is_one_step_what_is_told_does_not_count(
    clock: list[float], whereabouts: Whereabouts
) -> None:
    parser = Parser(clock, whereabouts, [100.0 + step for step in range(10_000)], [])
    assert not _Waiting(1, 10.0, None).ended_well(parser.is_ready)
    assert clock[1] == pytest.approx(110.0)


def test_a_parser_that_can_not_be_started_leaves_nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/no/such/python")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(OSError, match="/no/such/python"):
        ParserProcess(IngestOptions(), "mmrag.ingest:ingestors", 1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_parsers_start_without_standard_input() -> None:
    code = (
        "import os; os.close(0)\n"
        "from mmrag.config import IngestOptions\n"
        "from mmrag.ingest.processes.process import ParserProcess\n"
        "process = ParserProcess(IngestOptions(), 'mmrag.ingest:ingestors', 1)\n"
        "process.kill(); print('started')"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.stderr) == ("started\n", "")


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
