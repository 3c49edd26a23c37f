"""Two folders that change places in one step."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2
_UNSUPPORTED = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def exchange(one: Path, other: Path) -> None:
    """Let ``one`` stand where ``other`` stood and the other way round; both must be there.

    On Linux there is no instant at which one of them is missing, where the file system can do that
    (``renameat2`` with ``RENAME_EXCHANGE``: ext4, XFS, Btrfs, tmpfs, overlayfs). Elsewhere it takes three
    renames.
    """
    if sys.platform == "linux" and _exchanged(one, other):
        return
    between = other.with_name(f"{other.name}.exchanged")
    other.rename(between)
    one.rename(other)
    between.rename(one)


def _exchanged(one: Path, other: Path) -> bool:
    """Whether it could be done in one step."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if not call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE):
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    raise OSError(number, os.strerror(number), str(other))
