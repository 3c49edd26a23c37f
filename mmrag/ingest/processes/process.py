"""One parser process as its pool sees it: start, ask, wait with a deadline, kill."""

from __future__ import annotations

import dataclasses
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.errors import CrashedError, TimedOutError
from mmrag.ingest.place import Place
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.whereabouts import Whereabouts

_START_SECONDS = 60.0
_SOON = 0.1
_LOOKS = 8
_MOST_STEPS = 64
"""That a parser may have to itself, one after the other, before it has to answer."""
_PART = 1 << 16
_STARVED = 0.5
_LONGEST = 5.0
_SECRET = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


class ParserProcess:
    """A running parser.

    It is a fresh interpreter rather than a fork or a `multiprocessing` child, so that the caller's
    script needs no ``__main__`` guard and no thread of the caller can leave a lock held in it. It
    does not see variables of the environment that look like keys.

    Args:
        options: limits and switches.
        ingestors: ``package.module:function`` that gives the ingestors.
        threads: that numerical libraries in it may use.

    Attributes:
        open_to: what this system could not keep it from, see `mmrag.ingest.processes.confinement`.

    Raises:
        CrashedError: if it does not start.
    """

    def __init__(self, options: IngestOptions, ingestors: str, threads: int) -> None:
        command = [sys.executable, "-P", "-m", "mmrag.ingest.processes.worker"]
        self._whereabouts = Whereabouts()
        told = str(self._whereabouts.descriptor)
        self._unread = bytearray()
        try:
            self._process = subprocess.Popen(  # noqa: S603
                [*command, "--ingestors", ingestors, "--parent", str(os.getpid()), "--whereabouts", told],
                pass_fds=[self._whereabouts.descriptor],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env=_environment(threads),
            )
        except BaseException:
            self._whereabouts.close()
            raise
        try:
            self.send(wire.to_frame(wire.START, dataclasses.asdict(options)))
            ready = self.receive("a parser process", _START_SECONDS, "starting it")
        except (CrashedError, TimedOutError) as error:
            self.kill()
            raise CrashedError(f"{error}; see why with: {' '.join(command)} --help") from error
        if ready.kind != wire.READY:
            self.kill()
            raise wire.to_error(ready)
        self.open_to: list[str] = ready.value()

    def send(self, frame: wire.Frame) -> None:
        """Pass a request on. A process that is gone is noticed by `receive`."""
        assert self._process.stdin is not None  # noqa: S101
        if frame.kind == wire.OPEN:
            self._whereabouts.clear()
        try:
            self._process.stdin.write(wire.pack(frame))
        except BrokenPipeError:
            return

    def receive(self, name: str, seconds: float, step: str = "") -> wire.Frame:
        """The next reply.

        Args:
            name: of what is being worked on, for messages.
            seconds: how long to wait for each step of the work, wall clock; longer where the machine is so
                busy that the parser could not use half of it, but never five times as long.
            step: what is being done, in one step, for messages; by default the parser's `place`.

        Raises:
            TimedOutError: if it does not come in time.
            CrashedError: if the process is gone.
        """
        assert self._process.stdout is not None  # noqa: S101
        descriptor = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        # A step that has a name is the only one, whatever the parser may tell.
        waiting = _Waiting(self._process.pid, seconds, None if step else self._whereabouts)

        def read(count: int) -> bytes:
            unread = self._unread
            while len(unread) < count:
                if not waiting.ended_well(lambda left: bool(poll.poll(left * 1000))):
                    # It could still move on, and another page be blamed than the message names.
                    self._process.kill()
                    self._process.wait()
                    raise TimedOutError(
                        f"{name}: {step or self.place} took longer than {seconds:g} s "
                        "(ingest.page_seconds), and was stopped"
                    )
                part = os.read(descriptor, max(_PART, min(count - len(unread), 1 << 20)))
                if not part:
                    raise CrashedError(f"{name}: {step or self.place} {self._last_words()}")
                unread += part
            with memoryview(unread) as view:
                data = bytes(view[:count])
            del unread[:count]
            return data

        return wire.read_frame(read)

    @property
    def place(self) -> Place:
        """Where the parser stands in the file that it was asked for last."""
        return self._whereabouts.read()[0]

    def stop(self) -> None:
        """End it at once; `receive` then says so to whoever waits. May be called from any thread."""
        self._process.kill()

    def kill(self) -> None:
        """End it at once, if it still runs, and free its pipes."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._whereabouts.close()

    def _last_words(self) -> str:
        code = self._process.wait()
        if code >= 0:
            return f"ended the parser (exit status {code})"
        name = signal.Signals(-code).name
        hint = ": the system may be out of memory" if name == "SIGKILL" else ""
        return f"killed the parser ({name}{hint})"


class _Waiting:
    """How long to wait for a reply, step by step.

    Args:
        pid: of the parser.
        seconds: limit of a step.
        steps: where the parser tells of them; ``None`` where there is one.
    """

    def __init__(self, pid: int, seconds: float, steps: Whereabouts | None) -> None:
        self._pid = pid
        self._seconds = seconds
        self._steps = steps
        self._taken = 0
        self._began = time.monotonic()
        self._patience: _Patience | None = None

    def ended_well(self, is_ready: Callable[[float], bool]) -> bool:
        """Whether ``is_ready``, which waits for the seconds that it is given, says so before it is late."""
        # Most replies are here soon: until then nobody asks what the parser has used of the processors.
        soon = self._began + _SOON - time.monotonic()
        if soon > 0 and is_ready(soon):
            return True
        patience = self._patience or _Patience(self._pid, self._seconds, self._began)
        # A look now and then, so that what a step has used is counted from about its beginning.
        while not is_ready(max(0.0, min(patience.left(), self._seconds / _LOOKS))):
            since = 0.0 if self._steps is None else self._steps.read()[1]
            if since > patience.started and self._taken < _MOST_STEPS:
                self._taken += 1
                patience = _Patience(self._pid, self._seconds, since)
            elif patience.left() <= 0 and not patience.extended():
                return False
        self._patience = patience
        return True


class _Patience:
    """A deadline that a parser on a crowded machine may miss.

    Args:
        pid: of the parser.
        seconds: until the deadline.
        started: when they began, by the clock of `time.monotonic`; now by default.
    """

    def __init__(self, pid: int, seconds: float, started: float | None = None) -> None:
        self._pid = pid
        self._seconds = seconds
        self.started = time.monotonic() if started is None else started
        self._until = self.started + seconds
        self._used_at_start = self._used_before = _processor_seconds(pid)

    def left(self) -> float:
        """Seconds to wait before asking whether to go on."""
        return self._until - time.monotonic()

    def extended(self) -> bool:
        """Whether to wait longer: the parser does work, and has had less than half its time to do it."""
        now, used = time.monotonic(), _processor_seconds(self._pid)
        works = used > self._used_before
        starved = used - self._used_at_start < _STARVED * self._seconds
        if not (works and starved and now - self.started < _LONGEST * self._seconds):
            return False
        self._used_before = used
        self._until = now + self._seconds / 2
        return True


def _processor_seconds(pid: int) -> float:
    """What a process has used of the processors; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="latin-1").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _environment(threads: int) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    package = str(Path(__file__).resolve().parents[3])
    kept["PYTHONPATH"] = os.pathsep.join(filter(None, (package, kept.get("PYTHONPATH"))))
    return kept | dict.fromkeys(_THREADS, str(threads))
