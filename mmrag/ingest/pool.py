"""A pool of killable parser processes that read ahead of one consumer, within bounds."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from types import TracebackType

from mmrag.config import IngestOptions
from mmrag.errors import CrashedError, IngestError
from mmrag.ingest import wire
from mmrag.ingest.opening import Job
from mmrag.ingest.process import ParserProcess
from mmrag.types import Document, ParsedPage

_ASKED = 2
"""Requests under way to one parser: it parses a page while the reply before it is on its way."""
_AHEAD_PAGES = 16
"""Pages of the file being consumed that may wait for the consumer."""
_BUFFER_BYTES = 128_000_000
_BUFFER_PAGES = 256
"""What may wait in all; beyond it, only the file being consumed is read on."""


@dataclass(slots=True, eq=False)
class _Feed:
    """One file on its way from a parser to the consumer. Guarded by the pool's condition."""

    job: Job
    frames: deque[wire.Frame] = field(default_factory=deque)
    asked: int = 0
    current: bool = False
    dropped: bool = False


class ParsedFile:
    """One file of a run.

    Attributes:
        job: as it was given.
    """

    def __init__(self, pool: ParserPool, feed: _Feed) -> None:
        self._pool = pool
        self._feed = feed
        self._document: Document | IngestError | None = None
        self.job = feed.job

    def open(self) -> Document:
        """The document; waits until the file has been opened.

        Raises:
            IngestError: one of its subclasses, if the file can't be read at all.
        """
        if self._document is None:
            frame = self._pool._take(self._feed)
            failed = frame.kind == wire.ERROR
            self._document = wire.to_error(frame) if failed else wire.to_document(frame)
        if isinstance(self._document, IngestError):
            raise self._document
        return self._document

    def pages(self) -> Iterator[ParsedPage]:
        """The pages in order, each once; to be consumed before the next file is asked for.

        Raises:
            IngestError: as `open`, and also in the middle, after the pages that were read before.
        """
        self.open()
        while (frame := self._pool._take(self._feed)).kind == wire.PAGE:
            yield wire.to_page(frame)
        if frame.kind == wire.ERROR:
            raise wire.to_error(frame)


class ParserPool:
    """Parses files in worker processes with limits on time and memory. Use it in a ``with`` statement.

    Processes start when there is work for them, are used again from run to run, and are replaced
    when they hang, crash or run out of memory. A file that breaks one fails alone.

    Args:
        options: ``workers``, ``page_seconds`` and ``memory_mb`` rule the pool; the rest goes to
            the ingestors.
        ingestors: ``package.module:function`` that gives a mapping of media types to ingestors.
    """

    def __init__(self, options: IngestOptions, ingestors: str = "mmrag.ingest:ingestors") -> None:
        self._options = options
        self._ingestors = ingestors
        self._limit = options.workers or min(4, available_cores())
        self._changed = threading.Condition()
        self._pending: deque[_Feed] = deque()
        self._threads: list[threading.Thread] = []
        self._running: set[ParserProcess] = set()
        self._pages = 0
        self._bytes = 0
        self._closed = False

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, jobs: Iterable[Job]) -> Iterator[ParsedFile]:
        """One `ParsedFile` for each job, in the order of ``jobs``.

        While the caller consumes one file, the processes parse those after it, until about 128 MB
        wait in memory. Asking for the next file gives up what was not taken of the one before, and
        leaving the iterator gives up the rest.
        """
        feeds = [_Feed(job) for job in jobs]
        with self._changed:
            self._pending.extend(feeds)
            self._start_threads(min(self._limit, len(feeds)))
        try:
            for feed in feeds:
                with self._changed:
                    feed.current = True
                    self._changed.notify_all()
                yield ParsedFile(self, feed)
                self._drop([feed])
        finally:
            self._drop(feeds)

    def close(self) -> None:
        """End all processes. What they were parsing is lost."""
        with self._changed:
            self._closed = True
            self._pending.clear()
            running = list(self._running)
            self._changed.notify_all()
        for process in running:
            process.stop()
        for thread in self._threads:
            thread.join()

    def _take(self, feed: _Feed) -> wire.Frame:
        with self._changed:
            self._changed.wait_for(lambda: feed.frames or feed.dropped or self._closed)
            if not feed.frames:
                raise CrashedError(f"{feed.job.name} was given up before it was read to its end")
            frame = feed.frames.popleft()
            self._count(-1, frame)
            self._changed.notify_all()
            return frame

    def _put(self, feed: _Feed, frame: wire.Frame) -> None:
        with self._changed:
            if not feed.dropped:
                feed.frames.append(frame)
                self._count(1, frame)
            self._changed.notify_all()

    def _drop(self, feeds: list[_Feed]) -> None:
        with self._changed:
            for feed in feeds:
                feed.dropped = True
                while feed.frames:
                    self._count(-1, feed.frames.popleft())
            self._pending = deque(feed for feed in self._pending if not feed.dropped)
            self._changed.notify_all()

    def _count(self, sign: int, frame: wire.Frame) -> None:
        self._pages += sign
        self._bytes += sign * frame.size

    def _may_ask(self, feed: _Feed) -> bool:
        if feed.current:
            return len(feed.frames) + feed.asked < _AHEAD_PAGES
        return self._pages < _BUFFER_PAGES and self._bytes < _BUFFER_BYTES

    def _start_threads(self, wanted: int) -> None:
        self._changed.notify_all()
        while len(self._threads) < wanted:
            number = len(self._threads) + 1
            thread = threading.Thread(target=self._supervise, name=f"mmrag-parser-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _supervise(self) -> None:
        """The life of one thread: it owns one process, and gives it one file after the other."""
        process: ParserProcess | None = None
        while (feed := self._assigned()) is not None:
            try:
                process = process or self._start()
                self._parse(feed, process)
            except (IngestError, OSError) as error:
                self._discard(process)
                process = None
                known = error if isinstance(error, IngestError) else CrashedError(f"{feed.job.name}: {error}")
                self._put(feed, wire.from_error(known))
        self._discard(process)

    def _assigned(self) -> _Feed | None:
        """The next file, when it may be read; ``None`` at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._closed or (self._pending and self._may_ask(self._pending[0]))
            )
            return None if self._closed else self._pending.popleft()

    def _start(self) -> ParserProcess:
        threads = max(1, available_cores() // max(1, len(self._threads)))
        process = ParserProcess(self._options, self._ingestors, threads)
        with self._changed:
            self._running.add(process)
            closed = self._closed
        if closed:
            self._discard(process)
            raise CrashedError("the parsers were closed")
        return process

    def _discard(self, process: ParserProcess | None) -> None:
        if process is not None:
            process.kill()
            with self._changed:
                self._running.discard(process)

    def _parse(self, feed: _Feed, process: ParserProcess) -> None:
        """Have one file parsed, a page at a time, as the consumer makes room."""
        job, seconds = feed.job, self._options.page_seconds
        request = {
            "path": str(job.path.absolute()),
            "name": job.name,
            "media_type": job.media_type,
            "password": job.password,
        }
        process.send(wire.to_frame(wire.OPEN, request))
        frame = _checked(process.receive(f"{job.name}: opening it", seconds))
        self._put(feed, frame)
        number = 0
        while frame.kind in (wire.DOCUMENT, wire.PAGE) and self._ask(feed, process):
            number += 1
            frame = _checked(process.receive(f"{job.name}: parsing page {number}", seconds))
            feed.asked -= 1
            self._put(feed, frame)
        for _ in range(feed.asked):
            _checked(process.receive(f"{job.name}: closing it", seconds))
        process.send(wire.Frame(wire.CLOSE))

    def _ask(self, feed: _Feed, process: ParserProcess) -> bool:
        """Ask for pages as far as there is room; wait for room if none is under way.

        Returns whether a reply is due; false when nobody wants the file any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: feed.dropped or self._closed or feed.asked or self._may_ask(feed))
            if feed.dropped or self._closed:
                return False
            wanted = 0
            while feed.asked < _ASKED and (self._may_ask(feed) or not feed.asked):
                feed.asked += 1
                wanted += 1
        for _ in range(wanted):
            process.send(wire.Frame(wire.NEXT))
        return True


def available_cores() -> int:
    """Processors that this process may run on."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _checked(frame: wire.Frame) -> wire.Frame:
    """``frame``, unless it says that the parser is leaving."""
    if frame.kind == wire.FATAL:
        raise wire.to_error(frame)
    return frame
