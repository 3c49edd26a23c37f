"""Programs of Linux that put faults under a run: strace, and mounts in a namespace of their own."""

from __future__ import annotations

import os
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

_PACKAGES = {"strace": "strace", "unshare": "util-linux", "mount": "mount", "setpriv": "util-linux"}


def need(program: str) -> str:
    """The path of a program; a test without it fails and says how to get it."""
    found = shutil.which(program)
    if found is None:
        package = _PACKAGES[program]
        pytest.fail(f"this needs the program {program}: apt-get install {package}", pytrace=False)
    return found


def tracing(log: Path, calls: Sequence[str], *inject: str) -> list[str]:
    """Runs the command behind it under strace, which logs these system calls and tampers with some.

    Args:
        log: where strace writes.
        calls: names of system calls.
        inject: as in ``strace --inject``: ``fsync:signal=KILL:when=3``. Each call has its own counter.
    """
    options = [f"--inject={tampering}" for tampering in inject]
    return [need("strace"), "-q", "-o", str(log), "-e", f"trace={','.join(calls)}", *options, "--"]


def counted(log: Path) -> Counter[str]:
    """How often each system call is in a log of strace."""
    return Counter(re.findall(r"^(?:\d+ +)?(\w+)\(", log.read_text(errors="replace"), re.MULTILINE))


def mounting(script: str) -> list[str]:
    """Runs the command behind it where ``script`` has mounted things that nobody else sees.

    Without root's rights, in a namespace in which the user has them.
    """
    as_root = [] if os.geteuid() == 0 else ["--map-root-user"]
    need("mount")
    return [need("unshare"), *as_root, "--mount", "sh", "-ec", f'{script}\nexec "$@"', "sh"]


def without_rights() -> list[str]:
    """Runs the command behind it so that the rights of files hold, also for root."""
    if os.geteuid():
        return []
    return [need("setpriv"), "--bounding-set", "-dac_override,-dac_read_search", "--"]
