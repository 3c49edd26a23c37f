"""SQLite's write-ahead log, read beside SQLite: which pages it holds, as far as its checksums are right.

The format is that of https://sqlite.org/fileformat2.html#walformat: a header of 32 bytes, then frames of 24
bytes and a page. Each frame carries a checksum over itself and everything before it, and the salts of the
header; a log that begins anew takes new salts, so that frames of an earlier one are told apart.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER = struct.Struct(">8I")
_FRAME = struct.Struct(">6I")
_MAGIC = 0x377F0682  # the last bit says whether checksums are of big-endian words
_AT_ONCE = 512  # frames read and checked together


@dataclass(slots=True)
class Log:
    """What a log holds up to its last whole transaction.

    Attributes:
        path: its file.
        salts: by which its frames are told from those of an earlier log in the same file.
        page_size: bytes a page.
        frames: up to the last whole transaction.
        pages: of the database after it.
        places: where in the file the newest content of a page begins, by the page's number (1-based).
        bad: number of the first frame (1-based) that does not fit though frames of the same log, the end of a
            transaction among them, follow it; 0 where there is none. A kill or a power cut leaves none.
    """

    path: Path
    salts: tuple[int, int]
    page_size: int
    frames: int = 0
    pages: int = 0
    places: dict[int, int] = field(default_factory=dict)
    bad: int = 0

    @property
    def size(self) -> int:
        """Bytes of the database after the last whole transaction."""
        return self.pages * self.page_size


def read_log(path: Path, up_to: int | None = None) -> Log | None:
    """The log at ``path``, or ``None`` where there is none, or none that SQLite would believe.

    Args:
        path: of the log's file.
        up_to: only so many frames.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        head = os.pread(descriptor, _HEADER.size, 0)
        if len(head) < _HEADER.size:
            return None
        magic, _, page_size, _, *salts, first, second = _HEADER.unpack(head)
        if magic & ~1 != _MAGIC or page_size not in {1 << power for power in range(9, 17)}:
            return None
        words = np.dtype(">u4" if magic & 1 else "<u4")
        if _sums(np.frombuffer(head[:24], words).reshape(1, -1), (0, 0)) != [(first, second)]:
            return None
        log = Log(path, (salts[0], salts[1]), page_size)
        _read_frames(descriptor, log, words, (first, second), up_to)
        return log
    finally:
        os.close(descriptor)


def _read_frames(
    descriptor: int, log: Log, words: np.dtype[np.uint32], sums: tuple[int, int], up_to: int | None
) -> None:
    step = _FRAME.size + log.page_size
    fresh: dict[int, int] = {}  # of the transaction that has not ended yet
    frame = 0
    while up_to is None or frame < up_to:
        place = _HEADER.size + frame * step
        wanted = _AT_ONCE if up_to is None else min(_AT_ONCE, up_to - frame)
        data = os.pread(descriptor, wanted * step, place)
        count = len(data) // step
        if not count:
            return
        rows = np.frombuffer(data, np.uint8, count * step).reshape(count, step)
        # The checksum leaves out the salts and itself.
        held = np.concatenate([rows[:, :8], rows[:, _FRAME.size :]], axis=1).view(words)
        found = _sums(held, sums)
        for number in range(count):
            page, pages, *salts, first, second = _FRAME.unpack_from(data, number * step)
            frame += 1
            if tuple(salts) != log.salts:
                return
            if found[number] != (first, second) or not page:
                log.bad = frame if _goes_on(descriptor, log, frame) else 0
                return
            fresh[page] = place + number * step + _FRAME.size
            if pages:
                log.places.update(fresh)
                fresh.clear()
                log.frames, log.pages = frame, pages
        sums = found[-1]


def _goes_on(descriptor: int, log: Log, frame: int) -> bool:
    """Whether after this frame (1-based) a transaction of the same log ends."""
    step = _FRAME.size + log.page_size
    while len(head := os.pread(descriptor, _FRAME.size, _HEADER.size + frame * step)) == _FRAME.size:
        _, pages, *salts, _, _ = _FRAME.unpack(head)
        if tuple(salts) == log.salts and pages:
            return True
        frame += 1
    return False


def _sums(words: NDArray[np.uint32], before: tuple[int, int]) -> list[tuple[int, int]]:
    """The running checksum after each of ``(n, words)`` frames.

    SQLite's recurrence, over pairs of words, s0 += x0 + s1, s1 += x1 + s0, weighs a word by Fibonacci numbers
    of its distance from the end, modulo 2^32: so a frame's share is a product, whatever came before it.
    """
    length = words.shape[1]
    weights, (low, middle, high) = _weights(length)
    first, second = before
    sums = []
    for own in (words.astype(np.uint32) @ weights).tolist():
        first, second = (
            (low * first + middle * second + own[0]) & 0xFFFFFFFF,
            (middle * first + high * second + own[1]) & 0xFFFFFFFF,
        )
        sums.append((first, second))
    return sums


@lru_cache(maxsize=4)
def _weights(length: int) -> tuple[NDArray[np.uint32], tuple[int, int, int]]:
    """``(length, 2)`` weights of the words for both sums, and those of the sums before."""
    numbers = [0, 1]
    while len(numbers) < length + 2:
        numbers.append((numbers[-1] + numbers[-2]) & 0xFFFFFFFF)
    places = np.arange(length)[::-1]
    fibonacci = np.array(numbers, np.uint32)
    weights = np.stack([fibonacci[places], fibonacci[places + 1]], axis=1)
    return weights, (numbers[length - 1], numbers[length], numbers[length + 1])
