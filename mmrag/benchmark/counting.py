"""Counts in sentences."""

from __future__ import annotations


def counted(count: int, word: str) -> str:
    """``1 question``, ``65 questions``."""
    return f"{count:,} {word}{'' if count == 1 else 's'}"
