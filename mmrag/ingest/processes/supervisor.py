"""One thread's work: it owns one parser process at a time, and gives it one file after the other."""

from __future__ import annotations

from collections.abc import Callable

from mmrag.errors import CrashedError, IngestError, UnreadableError
from mmrag.ingest.attempts import Attempt
from mmrag.ingest.opening import Job, renamed
from mmrag.ingest.place import Place
from mmrag.ingest.processes import wire
from mmrag.ingest.processes.buffer import Buffer, Feed
from mmrag.ingest.processes.process import ParserProcess
from mmrag.types import Document, Page, ParsedPage

Content = tuple[str, str, str | None]
"""What decides how a file is read: its bytes, the ending of its name, and the password."""


class Supervisor:
    """Reads files into a buffer until the buffer is closed.

    What hangs, crashes or exhausts its parser gets one try with the second engine, if there is one. A page
    that fails there too costs itself alone, where the ingestor can go on behind it; too many of them, or
    one of another ingestor, cost the rest of the file.

    Args:
        buffer: where files come from and frames go.
        start: makes a parser process; called when one is needed and there is none.
        seconds: limit for one step: opening the file, or reading or understanding one page, by one engine.
        failed: names and errors of files that could not be read, by their content; added to.
    """

    def __init__(
        self,
        buffer: Buffer,
        start: Callable[[], ParserProcess],
        seconds: float,
        failed: dict[Content, tuple[str, IngestError]],
    ) -> None:
        self._buffer = buffer
        self._start = start
        self._seconds = seconds
        self._failed = failed
        self._process: ParserProcess | None = None
        self._place = Place()
        self._done = 0
        self._some = False
        self._said = False

    def run(self) -> None:
        """Serve files until there are no more."""
        while (feed := self._buffer.assigned()) is not None:
            try:
                self._refuse_known(feed.job)
                self._read(feed)
            except IngestError as error:
                if not isinstance(error, UnreadableError):
                    self._failed[_content(feed.job)] = (feed.job.name, error)
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

    def _refuse_known(self, job: Job) -> None:
        """Say at once what is wrong with bytes that have failed under another name."""
        if job.checksum and (known := self._failed.get(_content(job))):
            name, error = known
            raise type(error)(renamed(str(error), name, job.name))

    def _read(self, feed: Feed) -> None:
        """Have the file read, again and again as long as another attempt gets further."""
        attempt, document = Attempt(), None
        failed: IngestError | None = None
        self._done, self._some = feed.job.after, feed.job.after > 0
        while True:
            try:
                opened = self._open(feed, attempt)
                if document is None:
                    document = wire.to_document(opened)
                    self._buffer.put(feed, opened)
                failed = None
                self._pages(feed, attempt)
                return
            except IngestError as error:
                self._settle(feed)
                if self._buffer.abandoned(feed):
                    return
                if self._said:
                    # The parser itself has tried all that can be tried at opening.
                    if not attempt.stop:
                        raise failed or error from error
                    self._give_up(feed, document, failed or error)
                    return
                failed = error
                try:
                    attempt = attempt.without(feed.job.name, self._place, error)
                except IngestError as last:
                    self._give_up(feed, document, last)
                    return

    def _give_up(self, feed: Feed, document: Document | None, error: IngestError) -> None:
        """Leave the rest of a file that has broken too many parsers; what was read of it is kept.

        Raises:
            IngestError: ``error``, if nothing was.
        """
        if document is None or not self._some:
            raise error
        first = self._done + 1
        rest = f"page {first}" if first == document.page_count else f"page {first} and those behind it"
        lost = ParsedPage(Page(document.id, first), (), error=f"{rest} were given up: {error}")
        self._buffer.put(feed, wire.from_page(lost))
        self._buffer.put(feed, wire.Frame(wire.END))

    def _open(self, feed: Feed, attempt: Attempt) -> wire.Frame:
        """Have the file opened, to be read behind the pages that were read."""
        job = feed.job
        self._place = Place()
        self._process = self._process or self._start()
        request = {
            "path": str(job.path.absolute()),
            "name": job.name,
            "media_type": job.media_type,
            "password": job.password,
            "after": self._done,
            # What was carried along is true behind the first page alone.
            "resume": job.resume if self._done == job.after else "",
            "attempt": attempt.to_json(),
        }
        feed.asked = 0
        self._process.send(wire.to_frame(wire.OPEN, request))
        return self._receive(feed, opening=True)

    def _pages(self, feed: Feed, attempt: Attempt) -> None:
        """Have pages parsed as the consumer makes room, to the end.

        Raises:
            IngestError: as `_receive`; or why no page could be read, where none could.
        """
        while (more := self._buffer.ask(feed)) is not None:
            assert self._process is not None  # noqa: S101
            for _ in range(more):
                self._process.send(wire.Frame(wire.NEXT))
            frame = self._receive(feed)
            broken = attempt.lost or attempt.bad
            if frame.kind == wire.END and broken and not self._some:
                self._said = True
                raise broken[min(broken)].error
            self._buffer.put(feed, frame)
            if frame.kind == wire.END:
                break
            self._done += 1
            self._some |= frame.kind == wire.PAGE
        self._settle(feed)

    def _settle(self, feed: Feed) -> None:
        """Take in the replies that are still due, and leave the file."""
        try:
            while self._process is not None and feed.asked:
                self._reply(feed)
        except IngestError:
            self._discard()
        if self._process is not None:
            self._process.send(wire.Frame(wire.CLOSE))

    def _receive(self, feed: Feed, *, opening: bool = False) -> wire.Frame:
        """The next reply. A process that fails to give one is ended.

        Raises:
            IngestError: the one that the parser reports; TimedOutError and CrashedError.
        """
        assert self._process is not None  # noqa: S101
        self._said = False
        try:
            frame = self._reply(feed)
        except IngestError:
            self._place = self._process.place
            self._discard()
            raise
        if frame.kind in (wire.ERROR, wire.FATAL):
            self._place = self._process.place
            self._said = opening and frame.kind == wire.ERROR
            if frame.kind == wire.FATAL:
                self._discard()
            raise wire.to_error(frame)
        return frame

    def _reply(self, feed: Feed) -> wire.Frame:
        """What the parser answers; each step that it takes towards it has the time limit to itself."""
        assert self._process is not None  # noqa: S101
        frame = self._process.receive(feed.job.name, self._seconds)
        feed.asked = max(0, feed.asked - 1)
        return frame

    def _discard(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process = None


def _content(job: Job) -> Content:
    return job.checksum, job.path.suffix.lower(), job.password
