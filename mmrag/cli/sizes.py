"""Numbers of bytes in words."""

from __future__ import annotations


def size(count: int) -> str:
    """In the largest unit that leaves a number of at least one: ``3.2 MB``."""
    value = float(count)
    for unit in ("B", "KB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def rough_size(count: int) -> str:
    """Of what is fetched: ``0.2 GB``, or ``30 MB`` below a tenth of a gigabyte."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"
