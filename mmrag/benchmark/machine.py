"""What a benchmark ran on, so that its figures can be read later."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from mmrag.config.cores import available_cores

PACKAGES = (
    "mmrag",
    "numpy",
    "faiss-cpu",
    "onnxruntime",
    "pymupdf",
    "rapidocr",
    "tokenizers",
    "torch",
    "transformers",
    "sentence-transformers",
    "colpali-engine",
    "maxsim-cpu",
)


def made_with(program: str = "python") -> dict[str, str]:
    """Machine, versions, commit, command and date of this process, in words.

    Args:
        program: what stands before the words of the command.
    """
    words = [os.path.relpath(word) if Path(word).is_absolute() else word for word in sys.argv]
    if program != "python":
        words = words[1:]
    return {
        "machine": f"{platform.machine()}, {available_cores()} cores, Python {platform.python_version()}",
        "versions": ", ".join(f"{name} {found}" for name in PACKAGES if (found := _version(name))),
        "commit": _commit(),
        "command": f"{program} {shlex.join(words)}",
        "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def print_machine() -> None:
    """Print the machine, the versions, the commit and the command."""
    found = made_with()
    for name in ("machine", "versions", "commit", "command"):
        print(f"{name}: {found[name]}")
    print()


def _commit() -> str:
    """Of the checkout that mmrag runs from; an installed one has none, wherever its files lie."""
    here = Path(__file__)
    if not _git(here.parent, "ls-files", here.name):
        return "unknown"
    return _git(here.parent, "rev-parse", "--short", "HEAD") or "unknown"


def _git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder), *words]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    except OSError:
        return ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
