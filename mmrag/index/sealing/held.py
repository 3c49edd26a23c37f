"""Reading the database's bytes beside SQLite, without taking SQLite's locks from it.

POSIX locks belong to the process and the file: closing any descriptor of a file gives up all locks that the
process has on it, those of SQLite too (https://sqlite.org/howtocorrupt.html, 2.2). So a descriptor stays open
until nothing in the process uses the database any more.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_LOCK = threading.Lock()


@dataclass(slots=True)
class _Open:
    descriptors: list[int] = field(default_factory=list)
    users: int = 0


_OPEN: dict[tuple[int, int], _Open] = {}


class HeldFile:
    """A database's file, open for reading.

    Attributes:
        descriptor: to read from; never to be closed.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with _LOCK:
            found = path.stat()
            held = _OPEN.get((found.st_dev, found.st_ino))
            if held is None:
                descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                found = os.fstat(descriptor)
                held = _OPEN.setdefault((found.st_dev, found.st_ino), _Open())
                held.descriptors.append(descriptor)
            held.users += 1
            self._key = (found.st_dev, found.st_ino)
            self.descriptor = held.descriptors[0]

    @property
    def state(self) -> tuple[int, ...]:
        """What changes whenever the file does: device, number, size, and the times of its last changes."""
        found = os.fstat(self.descriptor)
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns

    def write(self, parts: Mapping[int, bytes]) -> None:
        """Put these bytes at these places, beside SQLite; durable on return."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        with _LOCK:
            _OPEN[self._key].descriptors.append(descriptor)
        for place, data in parts.items():
            os.pwrite(descriptor, data, place)
        os.fsync(descriptor)

    def release(self) -> None:
        """This user is done, and has closed its connection; once is enough."""
        with _LOCK:
            held = _OPEN.get(self._key)
            self._key, key = (-1, -1), self._key
            if held is None:
                return
            held.users -= 1
            if not held.users:
                del _OPEN[key]
                for descriptor in held.descriptors:
                    os.close(descriptor)
