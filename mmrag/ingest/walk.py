"""The files of a folder, and their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from mmrag.errors import UsageError
from mmrag.ingest.names import as_text
from mmrag.ingest.sniff import ENDINGS
from mmrag.types import FileReport, Status

INDEX_FILE = "mmrag.sqlite"
"""A folder that holds a file of this name is an index, and is never read as documents."""

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file that an ingestor may read.

    Attributes:
        path: where it is.
        name: its path relative to the root, with forward slashes.
        size: in bytes.
        mtime_ns: time of last change, nanoseconds since 1970.
    """

    path: Path
    name: str
    size: int
    mtime_ns: int


def scan(root: Path, endings: Collection[str] = ()) -> tuple[list[FoundFile], list[FileReport]]:
    """Every document under ``root``, or ``root`` alone if it is a file.

    Left out: hidden files and folders, and folders that hold an index. Links to files under the root are
    followed; links to folders are not, since what they lead to is read where it stands, or is not to be read.

    Args:
        root: a folder or a file.
        endings: of file names, in lower case, that are read besides `mmrag.ingest.sniff.ENDINGS`.

    Returns:
        The files with an ending that is read, by name; and what is passed over, by path: one line for
        each ending that is not read (``*.docx``), one for each file or folder that can't be opened, each link
        out of the root, and each pipe, socket or device with an ending that is read.

    Raises:
        UsageError: if ``root`` does not exist or can't be listed.
    """
    root = root.absolute()
    found = _Found(root, frozenset(ENDINGS) | frozenset(endings))
    if root.is_file():
        found.add(root, as_text(root.name))
    else:
        _check(root)
        _walk(root, found)
    failed = found.failed + [_unsupported(ending, names) for ending, names in found.foreign.items()]
    return (
        sorted(found.files.values(), key=lambda file: file.name),
        sorted(failed, key=lambda report: report.path),
    )


def hash_file(path: Path) -> str:
    """sha256 of the file's bytes, 64 hex digits: the id of its document.

    Raises:
        OSError: if it can't be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def _check(folder: Path) -> None:
    try:
        with os.scandir(folder):
            return
    except FileNotFoundError as error:
        raise UsageError(f"there is no folder or file {folder}") from error
    except OSError as error:
        raise UsageError(f"the folder {folder} can't be read: {error.strerror}") from error


class _Found:
    """What a walk has come upon."""

    def __init__(self, root: Path, endings: Collection[str]) -> None:
        self.root = root
        self.files: dict[str, FoundFile] = {}
        self.failed: list[FileReport] = []
        self.foreign: dict[str, list[str]] = {}
        self._endings = endings

    def take(self, path: Path) -> None:
        """A file under the root, by its ending."""
        if self.is_read(path):
            self.add(path, self.name(path))
        else:
            self.foreign.setdefault(as_text(path.suffix.lower()), []).append(self.name(path))

    def add(self, path: Path, name: str) -> None:
        """A file that is read, if it can be."""
        try:
            status = path.stat()
        except OSError as error:
            self.fail(path, Status.UNREADABLE, f"can't be read: {error.strerror}")
            return
        if not os.access(path, os.R_OK):
            self.fail(path, Status.UNREADABLE, "can't be read: permission denied")
        elif name in self.files:
            self.fail(path, Status.UNSUPPORTED, "another file has the same name, were it text: rename one")
        else:
            self.files[name] = FoundFile(path, name, status.st_size, status.st_mtime_ns)

    def fail(self, path: Path, status: Status, reason: str) -> None:
        """A file or folder that is passed over, and why."""
        self.failed.append(FileReport(self.name(path), status, reason))

    def is_read(self, path: Path) -> bool:
        """Whether its ending says that it is a document."""
        return path.suffix.lower() in self._endings

    def name(self, path: Path) -> str:
        """What a file or folder is known by."""
        return as_text(path.name if path == self.root else path.relative_to(self.root).as_posix())


def _walk(root: Path, found: _Found) -> None:
    """Take in all files below ``root``, however deep."""
    real_root = root.resolve()
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            found.fail(folder, Status.UNREADABLE, f"the folder can't be read: {error.strerror}")
            continue
        if any(entry.name == INDEX_FILE for entry in entries):
            continue
        for entry in entries:
            path = folder / entry.name
            if entry.name.startswith("."):
                continue
            if entry.is_symlink():
                _follow(path, real_root, found)
            elif entry.is_dir():
                folders.append(path)
            elif entry.is_file():
                found.take(path)
            elif found.is_read(path):
                found.fail(path, Status.UNSUPPORTED, "not a file, but a pipe, a socket or a device")


def _follow(link: Path, root: Path, found: _Found) -> None:
    """Take in a link's target if that is a file under the root. ``root`` is where the root really is."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return
    inside = target.is_relative_to(root)
    if inside and target.is_file():
        found.take(link)
    elif not inside and (target.is_dir() or found.is_read(link)):
        found.fail(link, Status.UNSUPPORTED, "a link out of the folder, which is not followed")


def _unsupported(ending: str, names: list[str]) -> FileReport:
    """One line for all files of an ending."""
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    kind = f"{ending} files are not read" if ending else "files without an ending are not read"
    path = names[0] if len(names) == 1 else f"*{ending}"
    return FileReport(path, Status.UNSUPPORTED, f"{count}; {kind}")
