"""What a run has left to be done: it is under way, or was stopped, and the next one goes on from there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmrag.index.reader import Reader
from mmrag.index.staging import kept

UNDER_WAY = "under_way"
"""The setting that a run keeps until it ends: how many files there are, and how many are still to be read."""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """What an index lacks of its folder and its views, as far as the last run knew.

    Attributes:
        files: in the folder. files_read: those of them that need no reading any more.
        pages_read: of documents that are read range of pages by range: pages that are kept so far, by path.
        documents: in the index. unlaid: those of them over which a view is still to be laid.
        pages_laid: of those over which views are laid range of pages by range, likewise.
    """

    files: int = 0
    files_read: int = 0
    pages_read: Mapping[str, int] = field(default_factory=dict)
    documents: int = 0
    unlaid: int = 0
    pages_laid: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = []
        if self.files_read < self.files:
            parts.append(f"{self.files_read:,} of {self.files:,} files read so far")
        parts += [f"{path} up to page {pages:,}" for path, pages in self.pages_read.items()]
        if self.unlaid:
            laid = self.documents - self.unlaid
            parts.append(f"views laid over {laid:,} of {self.documents:,} documents so far")
        parts += [f"over {path} up to page {pages:,}" for path, pages in self.pages_laid.items()]
        return ", ".join(parts) or "all files read, vector files not written yet"


def unfinished(store: Reader) -> Unfinished | None:
    """What is left to be done; ``None`` if the last run has ended. Files that are new since don't count."""
    with store.snapshot():
        left: tuple[int, int] | None = store.get(UNDER_WAY)
        recipe: dict[str, Any] = store.get("recipe", {})
        unlaid = len(store.unlaid(recipe.get("strategies", ())))
        (documents,) = store.connection.execute("SELECT count(*) FROM documents").fetchone()
    if left is None and not unlaid:
        return None
    files, waiting = left or (documents, 0)
    read, over = (kept(store.path, views=views) for views in (False, True))
    return Unfinished(files, files - waiting, read, documents, unlaid, over)


def told(store: Reader, found: Unfinished | None, writer: str) -> str:
    """In one line what is left to be done, and who does it or what to do; empty where nothing is.

    Args:
        store: the index.
        found: what is left, as `unfinished` has found it.
        writer: who writes, as `mmrag.index.lock.holder` says.
    """
    if found is None:
        return f"{writer} is writing" if writer else ""
    return f"{found}; {f'{writer} goes on' if writer else f'stopped, {_command(store)} goes on'}"


def _command(store: Reader) -> str:
    """What goes on, as it is typed."""
    root, path = Path(store.get("root", "FOLDER")), store.path
    command = f"mmrag index {shlex.quote(str(root))}"
    usual = path.parent.name == "indexes" and path.name in (root.name, root.stem)
    return command if usual else f"{command} --index {shlex.quote(str(path))}"
