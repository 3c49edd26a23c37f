"""One thread's work: it owns one parser process at a time, and gives it one file after the other."""

from __future__ import annotations

from collections.abc import Callable

from mmrag.errors import CrashedError, IngestError
from mmrag.ingest import wire
from mmrag.ingest.buffer import Buffer, Feed
from mmrag.ingest.process import ParserProcess
from mmrag.types import Document, Page, ParsedPage

_MAX_BAD_PAGES = 3


class Supervisor:
    """Reads files into a buffer until the buffer is closed.

    A page that hangs, crashes or exhausts its parser costs that page alone, where the ingestor can go
    on behind it; three such pages, or one of another ingestor's, cost the rest of the file.

    Args:
        buffer: where files come from and frames go.
        start: makes a parser process; called when one is needed and there is none.
        seconds: limit for one page.
    """

    def __init__(self, buffer: Buffer, start: Callable[[], ParserProcess], seconds: float) -> None:
        self._buffer = buffer
        self._start = start
        self._seconds = seconds
        self._process: ParserProcess | None = None
        self._number = 0

    def run(self) -> None:
        """Serve files until there are no more."""
        while (feed := self._buffer.assigned()) is not None:
            try:
                self._read(feed)
            except IngestError as error:
                self._buffer.put(feed, wire.from_error(error))
            except Exception as error:  # the consumer waits for this thread, whatever happens in it
                self._discard()
                self._buffer.put(feed, wire.from_error(CrashedError(f"{feed.job.name}: {error}")))
        self._discard()

    def stop(self) -> None:
        """End the process at once. May be called from any thread."""
        process = self._process
        if process is not None:
            process.stop()

    def _read(self, feed: Feed) -> None:
        opened = self._open(feed, feed.job.after, feed.job.resume)
        self._buffer.put(feed, opened)
        document = wire.to_document(opened)
        bad = 0
        while True:
            try:
                self._pages(feed)
            except IngestError as error:
                bad += 1
                self._settle(feed)
                if self._buffer.abandoned(feed):
                    return
                if bad > _MAX_BAD_PAGES or not self._goes_on(feed, document, error):
                    raise
                if self._number < document.page_count:
                    continue
                self._buffer.put(feed, wire.Frame(wire.END))
            return

    def _goes_on(self, feed: Feed, document: Document, error: IngestError) -> bool:
        """Put a failed page down as such, if the pages behind it can be read."""
        if self._number < document.page_count:
            try:
                self._open(feed, self._number)
            except IngestError:
                return False
        lost = ParsedPage(Page(document.id, self._number), (), error=str(error))
        self._buffer.put(feed, wire.from_page(lost))
        return True

    def _open(self, feed: Feed, after: int, resume: str = "") -> wire.Frame:
        """Have the file opened, to be read behind page ``after``."""
        job = feed.job
        self._process = self._process or self._start()
        request = {
            "path": str(job.path.absolute()),
            "name": job.name,
            "media_type": job.media_type,
            "password": job.password,
            "after": after,
            "resume": resume,
        }
        self._process.send(wire.to_frame(wire.OPEN, request))
        feed.asked = 0
        self._number = after
        return self._receive(f"{job.name}: opening it")

    def _pages(self, feed: Feed) -> None:
        """Have pages parsed as the consumer makes room, to the end."""
        while (more := self._buffer.ask(feed)) is not None:
            assert self._process is not None  # noqa: S101
            for _ in range(more):
                self._process.send(wire.Frame(wire.NEXT))
            self._number += 1
            frame = self._receive(f"{feed.job.name}: parsing page {self._number}", feed)
            self._buffer.put(feed, frame)
            if frame.kind == wire.END:
                break
        self._settle(feed)

    def _settle(self, feed: Feed) -> None:
        """Take in the replies that are still due, and leave the file."""
        try:
            while self._process is not None and feed.asked:
                feed.asked -= 1
                self._process.receive(f"{feed.job.name}: leaving it", self._seconds)
        except IngestError:
            self._discard()
        if self._process is not None:
            self._process.send(wire.Frame(wire.CLOSE))

    def _receive(self, place: str, feed: Feed | None = None) -> wire.Frame:
        """The next reply. A process that fails to give one is ended.

        Raises:
            IngestError: the one that the parser reports; TimedOutError and CrashedError.
        """
        assert self._process is not None  # noqa: S101
        try:
            frame = self._process.receive(place, self._seconds)
        except IngestError:
            self._discard()
            raise
        if feed is not None:
            feed.asked -= 1
        if frame.kind == wire.FATAL:
            self._discard()
        if frame.kind in (wire.ERROR, wire.FATAL):
            raise wire.to_error(frame)
        return frame

    def _discard(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None
