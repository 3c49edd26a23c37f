"""Updates of an index while it is served: one at a time, in a process of its own, with its progress told."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import mmrag
from mmrag.errors import LockedError
from mmrag.server.guard import BROKEN

Event = tuple[str, Any]

_KEPT = 20
_PATIENCE = 20.0
_LONGEST_LINE = 64 << 20
_LOG = logging.getLogger(__name__)


@dataclass(eq=False)
class Job:
    """One update.

    Attributes:
        id: by which it is asked for.
        events: what has happened so far: ``progress``, and at the end ``report`` or ``error``.
    """

    id: str
    events: list[Event] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def is_over(self) -> bool:
        """Whether its last event is there."""
        return bool(self.events) and self.events[-1][0] != "progress"

    def add(self, name: str, data: Any) -> None:
        """Tell all who follow. Of the progress only the last is kept."""
        if self.events and self.events[-1][0] == "progress":
            self.events.pop()
        self.events.append((name, data))
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self) -> AsyncIterator[Event]:
        """What happens, from where it stands to its end."""
        seen: Event | None = None
        while True:
            news, last = self._news, self.events[-1] if self.events else None
            if last is not None and last is not seen:
                seen = last
                yield last
                continue
            if self.is_over:
                return
            await news.wait()


class Updates:
    """The updates of one index.

    Args:
        index: its folder.

    Attributes:
        jobs: by id; the latest.
        alone: held by whatever changes the index or its folder; no update runs meanwhile.
    """

    def __init__(self, index: Path) -> None:
        self._index = index
        self.jobs: dict[str, Job] = {}
        self._running: Job | None = None
        self._again = self._stopped = False
        self.alone = asyncio.Lock()
        self._process: asyncio.subprocess.Process | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> Job:
        """Read the folder again. What is asked for during an update is done right after, in the same job."""
        if self._running is not None:
            self._again = True
            return self._running
        job = self._running = Job(secrets.token_hex(8))
        self.jobs[job.id] = job
        for old in list(self.jobs)[:-_KEPT]:
            del self.jobs[old]
        self._task = asyncio.create_task(self._run(job))
        return job

    @property
    def is_running(self) -> bool:
        """Whether one is under way."""
        return self._running is not None

    def check_idle(self) -> None:
        """Raises LockedError while an update is under way."""
        if self.is_running:
            raise LockedError("the index is being updated: wait until it is done")

    async def stop(self) -> None:
        """End what is under way; what it has finished stays, and the next update goes on from there."""
        self._again, self._stopped = False, True
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.SIGINT)
            try:
                await asyncio.wait_for(self._process.wait(), _PATIENCE)
            except TimeoutError:
                self._process.kill()
        if self._task is not None:
            await self._task

    async def _run(self, job: Job) -> None:
        name, data = "error", {"kind": "CrashedError", "message": "the update ended without a word"}
        try:
            while True:
                self._again = False
                name, data = await self._tried(job)
                if not self._again:
                    break
        finally:
            self._running = None
            job.add(name, data)

    async def _tried(self, job: Job) -> Event:
        try:
            async with self.alone:
                return await self._once(job)
        except Exception:
            # Whoever follows is told at the end, and the server goes on.
            _LOG.exception("an update of %s failed", self._index)
            return "error", {"kind": "CrashedError", "message": BROKEN}

    async def _once(self, job: Job) -> Event:
        last: Event = "error", {"kind": "CrashedError", "message": "the update was stopped before its end"}
        if self._stopped:
            return last
        self._process = process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",
            "-m",
            "mmrag.server.update",
            str(self._index),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,  # a report of very many files is one line
            env=_environment(),
            start_new_session=True,  # Ctrl-C in a terminal is for the server, which then stops this
        )
        if self._stopped:  # while it began
            process.send_signal(signal.SIGINT)
        assert process.stdout is not None  # noqa: S101 - it was asked for
        try:
            async for line in process.stdout:
                name, data = json.loads(line)
                if name == "progress":
                    job.add(name, data)
                else:
                    last = name, data
        except BaseException:
            process.kill()
            raise
        finally:
            await process.wait()
        return last


def _environment() -> dict[str, str]:
    """Ours, with this very package to be found."""
    package = str(Path(mmrag.__file__).resolve().parents[1])
    return os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))}
