"""The key of a server: from the environment, else from the keyring of the system. Nowhere else."""

from __future__ import annotations

import os
from functools import cache

KEY = "OPENAI_API_KEY"
SERVICE = "mmrag"
"""What keys are filed under in a keyring, each under the name of its host: ``keyring set mmrag HOST``."""


def key_of(host: str, *, local: bool) -> str:
    """The key to show to a host; empty where there is none.

    Args:
        host: its name.
        local: whether it is this machine, whose servers are hardly ever worth unlocking a keyring for.
    """
    return os.environ.get(KEY, "").strip() or ("" if local else _kept(host))


@cache  # it may ask a person
def _kept(host: str) -> str:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        return ""
    try:
        return (keyring.get_password(SERVICE, host) or "").strip()
    except KeyringError:  # there is none on this machine, or it stays locked
        return ""
