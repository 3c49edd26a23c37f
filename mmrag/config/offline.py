"""Whether this process may use the network."""

from __future__ import annotations

import os


def is_offline() -> bool:
    """Whether ``MMRAG_OFFLINE`` or ``HF_HUB_OFFLINE`` forbids to fetch anything."""
    values = (os.environ.get(name, "") for name in ("MMRAG_OFFLINE", "HF_HUB_OFFLINE"))
    return any(value.lower() in ("1", "true", "yes", "on") for value in values)
