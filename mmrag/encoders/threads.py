"""How many threads an encoder may keep busy."""

from __future__ import annotations

from mmrag.config.cores import available_cores

_MOST = 8  # beyond that memory is the limit, not arithmetic


def processors() -> int:
    """Processors that this process may use, eight at most."""
    return min(_MOST, available_cores())
