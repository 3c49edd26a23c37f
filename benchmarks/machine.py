"""What a benchmark ran on, so that its figures can be read later."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

PACKAGES = (
    "mmrag",
    "numpy",
    "faiss-cpu",
    "onnxruntime",
    "pymupdf",
    "rapidocr",
    "tokenizers",
    "torch",
    "colpali-engine",
    "maxsim-cpu",
)


def print_machine() -> None:
    """Print the machine, the versions, the commit and the command."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip()
    cores = len(os.sched_getaffinity(0))
    print(f"machine: {platform.machine()}, {cores} cores, Python {platform.python_version()}")
    print("versions:", ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name))))
    print("commit:", commit or "unknown")
    words = [os.path.relpath(word) if Path(word).is_absolute() else word for word in sys.argv]
    print("command: python", " ".join(words))
    print()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
