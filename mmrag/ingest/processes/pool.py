"""A pool of killable parser processes that read ahead of one consumer, within bounds."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator

from mmrag.config import IngestOptions
from mmrag.config.cores import available_cores
from mmrag.errors import CrashedError, IngestError
from mmrag.ingest.opening import Job
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.buffer import Buffer, Feed
from mmrag.ingest.processes.process import ParserProcess
from mmrag.ingest.processes.supervisor import Content, Supervisor
from mmrag.types import Document, ParsedPage


class ParsedFile:
    """One file of a run.

    Attributes:
        job: as it was given.
    """

    def __init__(self, buffer: Buffer, feed: Feed) -> None:
        self._buffer = buffer
        self._feed = feed
        self._document: Document | IngestError | None = None
        self.job = feed.job

    def open(self) -> Document:
        """The document; waits until the file has been opened.

        Raises:
            IngestError: one of its subclasses, if the file can't be read at all.
        """
        if self._document is None:
            frame = self._buffer.take(self._feed)
            failed = frame.kind == wire.ERROR
            self._document = wire.to_error(frame) if failed else wire.to_document(frame)
        if isinstance(self._document, IngestError):
            raise self._document
        return self._document

    def pages(self) -> Iterator[ParsedPage]:
        """The pages in order, each once; to be consumed before the next file is asked for.

        A page that its parser did not survive comes empty, with its error, if the ingestor can read on
        behind it.

        Raises:
            IngestError: as `open`, and also in the middle, after the pages that were read before.
        """
        self.open()
        while (frame := self._buffer.take(self._feed)).kind in (wire.PAGE, wire.LOST):
            yield wire.to_page(frame)
        if frame.kind != wire.END:
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
        self._buffer = Buffer()
        self._failed: dict[Content, tuple[str, IngestError]] = {}
        self._supervisors: list[Supervisor] = []
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def parse(self, jobs: Iterable[Job]) -> Iterator[ParsedFile]:
        """One `ParsedFile` for each job, in the order of ``jobs``.

        While the caller consumes one file, the processes parse those after it, until about 128 MB
        wait in memory. Asking for the next file gives up what was not taken of the one before, and
        leaving the iterator gives up the rest.
        """
        feeds = [Feed(job) for job in jobs]
        self._buffer.add(feeds)
        self._start_threads(min(self._limit, len(feeds)))
        try:
            for feed in feeds:
                self._buffer.attend(feed)
                yield ParsedFile(self._buffer, feed)
                self._buffer.drop([feed])
        finally:
            self._buffer.drop(feeds)

    def close(self) -> None:
        """End all processes. What they were parsing is lost."""
        self._buffer.close()
        for supervisor in self._supervisors:
            supervisor.stop()
        for thread in self._threads:
            thread.join()

    def _start_threads(self, wanted: int) -> None:
        # Threads live as long as the pool: a process dies with the thread that started it.
        while len(self._threads) < wanted:
            supervisor = Supervisor(
                self._buffer, self._start_process, self._options.page_seconds, self._failed
            )
            name = f"mmrag-parser-{len(self._threads) + 1}"
            thread = threading.Thread(target=supervisor.run, name=name, daemon=True)
            self._supervisors.append(supervisor)
            self._threads.append(thread)
            thread.start()

    def _start_process(self) -> ParserProcess:
        if self._buffer.closed:
            raise CrashedError("the parsers were closed")
        threads = max(1, available_cores() // max(1, len(self._threads)))
        return ParserProcess(self._options, self._ingestors, threads)
