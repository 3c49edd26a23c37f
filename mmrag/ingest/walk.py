"""The files of a folder, and their hashes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from mmrag.errors import UsageError
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

    Left out: hidden files and folders, folders that hold an index, links that lead out of the root,
    and links to a folder above themselves.

    Args:
        root: a folder or a file.
        endings: of file names, in lower case, that are read besides `mmrag.ingest.sniff.ENDINGS`.

    Returns:
        The files with an ending that is read, by name; and what is passed over, by path: one line for
        each ending that is not read (``*.docx``), one for each file or folder that can't be opened.

    Raises:
        UsageError: if ``root`` does not exist or can't be listed.
    """
    root = root.absolute()
    files: list[FoundFile] = []
    failed: list[FileReport] = []
    if root.is_file():
        _add(root, root.name, files, failed)
        return files, failed
    _check(root)
    foreign: dict[str, list[str]] = {}
    for path in _walk(root, root, failed):
        name = path.relative_to(root).as_posix()
        if path.suffix.lower() in ENDINGS or path.suffix.lower() in endings:
            _add(path, name, files, failed)
        else:
            foreign.setdefault(path.suffix.lower(), []).append(name)
    failed += [_unsupported(ending, names) for ending, names in foreign.items()]
    return sorted(files, key=lambda file: file.name), sorted(failed, key=lambda report: report.path)


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


def _walk(folder: Path, root: Path, failed: list[FileReport], above: tuple[Path, ...] = ()) -> Iterator[Path]:
    """Files under ``folder``. ``above`` holds the real paths of the folders that it stands in."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        name = folder.relative_to(root).as_posix()
        failed.append(FileReport(name, Status.UNREADABLE, f"the folder can't be read: {error.strerror}"))
        return
    if any(entry.name == INDEX_FILE for entry in entries):
        return
    here = (*above, folder.resolve())
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith(".") or (entry.is_symlink() and not _inside(path, here)):
            continue
        if entry.is_dir():
            yield from _walk(path, root, failed, here)
        elif entry.is_file():
            yield path


def _inside(link: Path, above: tuple[Path, ...]) -> bool:
    """Whether a link leads to a place below the root that is not one of the folders around it."""
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError):
        return False
    return target.is_relative_to(above[0]) and target not in above


def _add(path: Path, name: str, files: list[FoundFile], failed: list[FileReport]) -> None:
    try:
        status = path.stat()
    except OSError as error:
        failed.append(FileReport(name, Status.UNREADABLE, f"can't be read: {error.strerror}"))
        return
    if not os.access(path, os.R_OK):
        failed.append(FileReport(name, Status.UNREADABLE, "can't be read: permission denied"))
        return
    files.append(FoundFile(path, name, status.st_size, status.st_mtime_ns))


def _unsupported(ending: str, names: list[str]) -> FileReport:
    """One line for all files of an ending."""
    count = "1 file" if len(names) == 1 else f"{len(names)} files"
    kind = f"{ending} files are not read" if ending else "files without an ending are not read"
    path = names[0] if len(names) == 1 else f"*{ending}"
    return FileReport(path, Status.UNSUPPORTED, f"{count}; {kind}")
