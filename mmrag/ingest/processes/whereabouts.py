"""Where a parser stands, in memory that it shares with its pool.

It is told several times a page: this way without a system call, and without waking the pool. What was told
last is still there when the parser is gone.
"""

from __future__ import annotations

import fcntl
import json
import mmap
import os
import struct
import tempfile
import time

from mmrag.ingest.place import Place

_HEAD = struct.Struct("<dQI")
_SLOT = 8192
_SIZE = 8 + 2 * _SLOT
_LONGEST = 600
"""Letters of a reason that are told: as JSON in ASCII they fit into a slot, whatever they are."""


class Teller:
    """The parser's end.

    Args:
        descriptor: of the memory, see `Whereabouts`.
    """

    def __init__(self, descriptor: int) -> None:
        self._memory = mmap.mmap(descriptor, _SIZE)

    def tell(self, place: Place) -> None:
        """The parser stands at ``place`` from now on."""
        said = b""
        if place.engine or place.why:
            said = json.dumps([place.engine, place.why[:_LONGEST]]).encode("ascii")
        # The slots take turns, so that one is whole whenever the parser may die.
        turn = 1 - self._memory[0]
        begin = 8 + turn * _SLOT
        end = begin + _HEAD.size + len(said)
        self._memory[begin:end] = _HEAD.pack(time.monotonic(), place.page, len(said)) + said
        self._memory[0] = turn


class Whereabouts:
    """The pool's end. What stands there has touched hostile files and is believed as little as they are.

    Attributes:
        descriptor: of the memory, for the parser to inherit.
    """

    def __init__(self) -> None:
        if hasattr(os, "memfd_create"):
            made = os.memfd_create("mmrag-whereabouts")
        else:
            with tempfile.TemporaryFile() as file:
                made = os.dup(file.fileno())
        try:
            os.truncate(made, _SIZE)
            # Not among the first three, which the parser gets new ones of.
            self.descriptor = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 3)
        finally:
            os.close(made)

    def clear(self) -> None:
        """The parser, which is idle, is about to open a file."""
        os.pwrite(self.descriptor, bytes(8 + _HEAD.size), 0)

    def read(self) -> tuple[Place, float]:
        """Where the parser stands, and since when by the clock of `time.monotonic`.

        At the beginning of a file (0 by that clock) where it has told nothing that can be understood.
        """
        # Read like a file: memory whose file the parser has cut would end this process too.
        memory = os.pread(self.descriptor, _SIZE, 0)
        try:
            begin = 8 + memory[0] * _SLOT
            since, page, length = _HEAD.unpack_from(memory, begin)
            begin += _HEAD.size
            engine, why = json.loads(memory[begin : begin + length]) if length else ("", "")
        except (IndexError, ValueError, TypeError, RecursionError, struct.error):
            return Place(), 0.0
        if not (isinstance(engine, str) and isinstance(why, str)):
            return Place(), 0.0
        return Place(page, engine, why), min(since, time.monotonic())

    def close(self) -> None:
        """Give the memory back; not to be used afterwards."""
        os.close(self.descriptor)
