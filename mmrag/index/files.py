"""Files that are never seen half written: temporary file, fsync, rename, fsync of the folder."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], None]) -> None:
    """Make ``path`` appear whole or not at all.

    Args:
        path: the file to make; an existing one is replaced in one step.
        write: called with the temporary file's path; must create and close it.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        write(temporary)
        sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


def write_text_atomically(path: Path, text: str) -> None:
    """Make a file of UTF-8 text appear whole or not at all; its line ends are those of ``text``."""
    write_atomically(path, lambda file: _write_text(file, text))


def _write_text(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8", newline="\n")


def sha256_of(path: Path) -> str:
    """sha256 of a file's bytes, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's names, durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
