"""Folders in folders, deeper than a path may be long, and gone afterwards, as pytest can't remove them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def deep_folders(root: Path, levels: int, name: str) -> Iterator[None]:
    """Folders called ``deeper``, each in the one before, the first in ``root``; in the last a file."""
    before = Path.cwd()
    try:
        os.chdir(root)
        for _ in range(levels):
            Path("deeper").mkdir()
            os.chdir("deeper")
        Path(name).write_text("too deep")
    finally:
        os.chdir(before)
    try:
        yield
    finally:
        # Python 3.11's rmtree gives up at the depth at which it may recurse.
        subprocess.run(["rm", "-rf", str(root / "deeper")], check=True)
