"""What makes a model's vectors what they are: its weights, its settings, and the libraries that run it."""

from __future__ import annotations

import hashlib
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SETTINGS = (".json", ".txt", ".model", ".jinja")
_WHOLE = 512 * 1024 * 1024
_SAMPLES = 4096
_SAMPLE = 16 * 1024


def identity(folder: Path) -> str:
    """The state of a model's files: the hub's commit, or a hash where the folder is no download of the hub's.

    Settings are hashed whole, and so are weights up to 512 MiB a file. Of a larger file, its size, its first
    bytes (the places of all tensors) and 4,096 samples spread evenly over it are hashed: training moves
    numbers everywhere, and reading 10 GB to start a search would be felt.
    """
    if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name):
        return f"commit:{folder.name[:12]}"
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            if path.suffix in _SETTINGS:
                digest.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
            elif path.suffix == ".safetensors":
                digest.update(name.encode() + b"\0" + _weights(path))
    return f"sha256:{digest.hexdigest()[:16]}"


def versions(*packages: str) -> str:
    """``name major.minor`` of each package that is installed: between those, vectors have changed."""
    found = []
    for package in packages:
        try:
            found.append(f"{package} {'.'.join(version(package).split('.')[:2])}")
        except PackageNotFoundError:
            continue
    return " ".join(found)


def _weights(path: Path) -> bytes:
    size = path.stat().st_size
    with path.open("rb") as file:
        if size <= _WHOLE:
            return hashlib.file_digest(file, "sha256").digest()
        digest = hashlib.sha256(size.to_bytes(8, "little"))
        for step in range(_SAMPLES):
            file.seek((size - _SAMPLE) * step // (_SAMPLES - 1))
            digest.update(file.read(_SAMPLE))
        return digest.digest()
