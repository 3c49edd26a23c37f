"""How many threads an encoder may keep busy."""

from __future__ import annotations

import os

_MOST = 8  # beyond that memory is the limit, not arithmetic


def processors() -> int:
    """Processors that this process may use, eight at most."""
    if hasattr(os, "sched_getaffinity"):
        return min(_MOST, len(os.sched_getaffinity(0)))
    return min(_MOST, os.cpu_count() or 1)
