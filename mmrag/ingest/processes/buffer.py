"""What stands between parsers that read ahead and one consumer: frames by file, within bounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from mmrag.errors import CrashedError
from mmrag.ingest.opening import Job
from mmrag.ingest.processes import wire

_ASKED = 4
"""Requests under way to one parser, made by twos: it parses pages while replies are on their way."""
_AHEAD_PAGES = 16
"""Pages of the file being consumed that may wait for the consumer."""
_BUFFER_BYTES = 128_000_000
_BUFFER_PAGES = 256
"""What may wait in all; beyond it, only the file being consumed is read on."""


@dataclass(slots=True, eq=False)
class Feed:
    """One file on its way from a parser to the consumer.

    Attributes:
        job: the file.
        frames: what waits for the consumer.
        asked: pages that a parser was asked for and has not sent.
        current: whether the consumer is at this file.
        dropped: whether nobody wants it any more.
    """

    job: Job
    frames: deque[wire.Frame] = field(default_factory=deque)
    asked: int = 0
    current: bool = False
    dropped: bool = False


class Buffer:
    """The files of the runs at hand, in the order in which they are consumed. For use by many threads.

    Attributes:
        held: frames and bytes that wait, over all files.
        closed: whether the pool is being closed.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._pending: deque[Feed] = deque()
        self.held = (0, 0)
        self.closed = False

    def add(self, feeds: Iterable[Feed]) -> None:
        """Queue files for the parsers."""
        with self._changed:
            self._pending.extend(feeds)
            self._changed.notify_all()

    def assigned(self) -> Feed | None:
        """For a parser: the next file, when there is room for it; ``None`` at the end."""
        with self._changed:
            self._changed.wait_for(
                lambda: self.closed or (self._pending and self._has_room(self._pending[0]))
            )
            return None if self.closed else self._pending.popleft()

    def ask(self, feed: Feed) -> int | None:
        """For a parser: how many more pages to ask for; waits for room if none is under way.

        Returns ``None`` when nobody wants the file any more.
        """
        with self._changed:
            self._changed.wait_for(lambda: self.abandoned(feed) or feed.asked or self._has_room(feed))
            if self.abandoned(feed):
                return None
            if feed.asked > _ASKED // 2:
                return 0  # later, and several at once: each request wakes the parser
            more = 0
            while feed.asked < _ASKED and (not feed.asked or self._has_room(feed)):
                feed.asked += 1
                more += 1
            return more

    def put(self, feed: Feed, frame: wire.Frame) -> None:
        """From a parser: one more frame of a file."""
        with self._changed:
            if not feed.dropped:
                feed.frames.append(frame)
                self._count(1, frame)
            self._changed.notify_all()

    def take(self, feed: Feed) -> wire.Frame:
        """For the consumer: the next frame of the file; waits for it.

        Raises:
            CrashedError: if it was dropped, or the buffer closed, before.
        """
        with self._changed:
            self._changed.wait_for(lambda: feed.frames or self.abandoned(feed))
            if not feed.frames:
                raise CrashedError(f"{feed.job.name} was given up before it was read to its end")
            frame = feed.frames.popleft()
            self._count(-1, frame)
            self._changed.notify_all()
            return frame

    def attend(self, feed: Feed) -> None:
        """The consumer is at this file now."""
        with self._changed:
            feed.current = True
            self._changed.notify_all()

    def drop(self, feeds: Iterable[Feed]) -> None:
        """The consumer wants no more of these files."""
        with self._changed:
            for feed in feeds:
                feed.dropped = True
                while feed.frames:
                    self._count(-1, feed.frames.popleft())
            self._pending = deque(feed for feed in self._pending if not feed.dropped)
            self._changed.notify_all()

    def close(self) -> None:
        """No more files; whoever waits is told."""
        with self._changed:
            self.closed = True
            self._pending.clear()
            self._changed.notify_all()

    def abandoned(self, feed: Feed) -> bool:
        """Whether nobody waits for the file."""
        return feed.dropped or self.closed

    def _count(self, sign: int, frame: wire.Frame) -> None:
        self.held = (self.held[0] + sign, self.held[1] + sign * frame.size)

    def _has_room(self, feed: Feed) -> bool:
        if feed.current:
            return len(feed.frames) + feed.asked < _AHEAD_PAGES
        return self.held[0] < _BUFFER_PAGES and self.held[1] < _BUFFER_BYTES
