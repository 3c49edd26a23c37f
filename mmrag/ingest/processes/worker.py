"""A parser process: ``python -m mmrag.ingest.processes.worker`` reads files on request of a pool.

It speaks the frames of `mmrag.ingest.processes.wire` over its standard input and output, prints nothing,
holds itself to a memory limit, and dies with its parent.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import importlib
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mmrag.config import IngestOptions
from mmrag.errors import CrashedError, IngestError
from mmrag.ingest.attempts import Attempt
from mmrag.ingest.base import Ingestor
from mmrag.ingest.drawing import PageOfFile, draw
from mmrag.ingest.opening import Job, open_file
from mmrag.ingest.place import Place, listen
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.confinement import confine
from mmrag.ingest.processes.whereabouts import Teller
from mmrag.types import ParsedPage

_PR_SET_PDEATHSIG = 1
_COLLECT_AFTER = 50_000


class _Worker:
    """The file at hand, and what is done on each request."""

    def __init__(
        self, options: IngestOptions, ingestors: Mapping[str, Ingestor], tell: Callable[[Place], None]
    ) -> None:
        self._options = options
        self._ingestors = ingestors
        self._tell = tell
        self._name = ""
        self._place = Place()
        self._pages: Iterator[ParsedPage] = iter(())

    def answer(self, request: wire.Frame) -> wire.Frame | None:
        """The reply to one request; ``None`` where none is due."""
        if request.kind == wire.CLOSE:
            self._pages = iter(())
            return None
        try:
            if request.kind == wire.DRAW:
                return self._draw(request.value())
            return self._open(request.value()) if request.kind == wire.OPEN else self._next()
        except IngestError as error:
            self._pages = iter(())
            return wire.from_error(error)
        except MemoryError:
            raise
        except Exception as error:
            self._pages = iter(())
            reason = " ".join(f"{type(error).__name__}: {error}".split())[:300]
            return wire.from_error(CrashedError(f"{self.place} failed: {reason}"))

    @property
    def place(self) -> str:
        """What is being parsed, for messages."""
        return f"{self._name}: {self._place}"

    def moved(self, place: Place) -> None:
        """The parser is about to do something else; its whereabouts say so."""
        if place != self._place:
            self._place = place
            self._tell(place)

    def _open(self, job: dict[str, Any]) -> wire.Frame:
        self._name, self._place = job["name"], Place()
        self._pages = iter(())
        document, self._pages = open_file(
            Job(
                Path(job["path"]),
                job["name"],
                job["media_type"],
                job["password"],
                job["after"],
                job["resume"],
            ),
            self._options,
            self._ingestors,
            Attempt.from_json(job["attempt"]),
        )
        return wire.from_document(document)

    def _draw(self, job: dict[str, Any]) -> wire.Frame:
        path = Path(job.pop("path"))
        self._name, self._place = path.name, Place(job["number"])
        return wire.from_picture(draw(PageOfFile(path, **job)))

    def _next(self) -> wire.Frame:
        page = next(self._pages, None)
        return wire.Frame(wire.END) if page is None else wire.from_page(page)


def main(arguments: list[str] | None = None) -> None:
    """Serve requests until the input ends."""
    parser = argparse.ArgumentParser(prog="python -m mmrag.ingest.processes.worker", description=__doc__)
    parser.add_argument("--ingestors", required=True, help="package.module:function that gives the ingestors")
    parser.add_argument("--parent", required=True, type=int, help="process to die with")
    parser.add_argument("--whereabouts", required=True, type=int, help="descriptor of memory to say them in")
    chosen = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _die_with(chosen.parent)
    read, write = _channel()
    options = IngestOptions(**wire.read_frame(read).value())
    open_to = confine(options.memory_mb)
    module, _, function = chosen.ingestors.partition(":")
    ingestors = getattr(importlib.import_module(module), function)()
    worker = _Worker(options, ingestors, Teller(chosen.whereabouts).tell)
    listen(worker.moved)
    # A page makes tens of thousands of objects, few of which are ever in a cycle.
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
    write(wire.pack(wire.to_frame(wire.READY, open_to)))
    try:
        _serve(worker, read, write)
    except MemoryError:
        # The heap is full of the page that broke it: leave, and let a fresh process go on.
        reason = f"{worker.place} needs more than {options.memory_mb:,} MB of memory (ingest.memory_mb)"
        write(wire.pack(wire.from_error(CrashedError(reason), wire.FATAL)))
        os._exit(1)
    except (EOFError, BrokenPipeError):
        os._exit(0)


def _serve(worker: _Worker, read: Callable[[int], bytes], write: Callable[[bytes], None]) -> None:
    while True:
        reply = worker.answer(wire.read_frame(read))
        if reply is not None:
            write(_packed(reply))


def _packed(reply: wire.Frame) -> bytes:
    try:
        return wire.pack(reply)
    except CrashedError as error:
        return wire.pack(wire.from_error(error))


def _channel() -> tuple[Callable[[int], bytes], Callable[[bytes], None]]:
    """The pool's pipes, taken away from standard input and output, which now lead nowhere."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)

    def read(count: int) -> bytes:
        data = source.read(count)
        if len(data) < count:
            raise EOFError
        return data

    def write(data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(sink, rest) :]

    return read, write


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the pool's dies, even in the middle of a page."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    main()
