"""What a parser process is kept from, so that a document that takes it over gets little.

The network is closed by a filter on system calls, which needs no privilege and holds for all that the process
starts (seccomp: ``Documentation/userspace-api/seccomp_filter.rst`` in the sources of Linux).
"""

from __future__ import annotations

import ctypes
import platform
import struct
import sys

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_NUMBER, _ARCHITECTURE = 0, 4
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 13
_IO_URING_SETUP = 425
_MACHINES = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}
"""The kernel's name of the architecture, and the number of ``socket``."""
_FOREIGN = 0x40000000
_FILE_BYTES = 256_000_000
_FILLED = 0.32
"""How much of its address space a parser may fill; the rest is libraries, and room that threads reserve."""


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("first", ctypes.POINTER(_Instruction)))


def confine(megabytes: int) -> list[str]:
    """Hold this process, and all that it starts, to its limits for good.

    Args:
        megabytes: of address space.

    Returns:
        What this system could not close: ``network``, or nothing.
    """
    _limit(megabytes)
    return [] if _close_network() else ["network"]


def _limit(megabytes: int) -> None:
    import resource

    for kind, wanted in (
        (resource.RLIMIT_AS, megabytes * 1_000_000),
        (resource.RLIMIT_DATA, round(_FILLED * megabytes) * 1_000_000),
        (resource.RLIMIT_FSIZE, _FILE_BYTES),
        # A core would hold what was read of the documents.
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (limit, limit))


def _close_network() -> bool:
    """Refuse every new socket, and ``io_uring``, which could make one unseen by the filter."""
    machine = _MACHINES.get(platform.machine())
    if not sys.platform.startswith("linux") or machine is None or struct.calcsize("P") != 8:
        return False
    architecture, socket = machine
    steps = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, 4, architecture),
        (_LOAD, 0, 0, _NUMBER),
        # System calls of the x32 kind, which no program here makes.
        (_AT_LEAST, 2, 0, _FOREIGN),
        (_EQUAL, 1, 0, socket),
        (_EQUAL, 0, 1, _IO_URING_SETUP),
        (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW),
    ]
    instructions = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    program = _Program(len(steps), instructions)
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl.argtypes = (ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_ulong)
    if prctl(_PR_SET_NO_NEW_PRIVS, 1, None, 0, 0):
        return False
    return bool(prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)
