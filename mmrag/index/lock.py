"""One writer at a time: an advisory lock on a file in the index folder.

The lock is the kernel's (``flock``), so it goes with the process that held it, however that ended.
The file's content only serves the message that others get.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import time
from pathlib import Path
from types import TracebackType

from mmrag.errors import IndexStoreError, LockedError

_UNWRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS)


class WriterLock:
    """Held from ``__enter__`` to ``__exit__``.

    Attributes:
        left: whether the process that held it before was killed, or failed in what it did.

    Raises:
        LockedError: on entry, if another process holds it; the message names the process.
        IndexStoreError: if the index can't be written to.
    """

    def __init__(self, path: Path) -> None:
        self.left = False
        self._path = path
        self._descriptor = -1

    def check(self) -> None:
        """Raise what `__enter__` would, and hold nothing."""
        os.close(self._locked())

    def __enter__(self) -> WriterLock:
        descriptor = self._locked()
        name = f"process {os.getpid()} on {socket.gethostname()}\n".encode()
        try:
            self.left = os.fstat(descriptor).st_size > 0
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, name, 0)
        except OSError:
            os.close(descriptor)
            raise
        self._descriptor = descriptor
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:
            os.ftruncate(self._descriptor, 0)
        os.close(self._descriptor)

    def _locked(self) -> int:
        index = self._path.parent
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            if error.errno not in _UNWRITABLE:
                raise
            raise IndexStoreError(
                f"the index {index} can't be written to ({error.strerror}): it can be searched as it is; "
                "to change it, copy it to a place where you may write, or index anew with --index"
            ) from error
        if not _is_got(descriptor):
            name = _holder(descriptor)
            os.close(descriptor)
            raise LockedError(
                f"the index {index} is being written by {name}: "
                "wait until it is done; searching it goes on meanwhile"
            )
        return descriptor


def holder(path: Path) -> str:
    """The process that holds the lock on this file, as it says itself; empty if none does."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:  # nobody has written here, or nobody who lets this process know
        return ""
    try:
        # What was left in it by a process that was killed is tried for an instant alone.
        if os.fstat(descriptor).st_size:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _holder(descriptor)
    finally:
        os.close(descriptor)
    return ""


def _is_got(descriptor: int) -> bool:
    """Whether the lock could be had, if need be after the instant that `holder` takes."""
    for _ in range(2):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.02)
        else:
            return True
    return False


def _holder(descriptor: int) -> str:
    """Who holds the lock, as it says itself; it may just have got it."""
    for _ in range(10):
        said = os.pread(descriptor, 200, 0).decode("utf-8", "replace").strip()
        if said:
            return said
        time.sleep(0.02)
    return "another process"
