"""Which index a word on the command line means."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import NotAnIndexError, UsageError

if TYPE_CHECKING:
    from mmrag.api import Index


def open_index(name: str, pipeline: str | None = None) -> Index:
    """The index of that name or path, or the one that was made of that folder.

    Args:
        name: as typed.
        pipeline: the recipe by which it is searched and asked, if not by its own.

    Raises:
        NotAnIndexError: if there is none; the message says how to make it.
    """
    import mmrag

    try:
        return mmrag.open(name, pipeline=pipeline)
    except NotAnIndexError:
        if not Path(name).is_dir():
            raise
    return _of_folder(name, pipeline)


def path_of(name: str) -> Path:
    """Where the index is that `open_index` opens by this name."""
    with open_index(name) as index:
        return index.path


def every_index() -> list[str]:
    """The indexes under ``./indexes``.

    Raises:
        UsageError: if there are none.
    """
    import mmrag

    found = [index.path for index in mmrag.list_indexes()]
    if not found:
        raise UsageError("there is no index under ./indexes: make one with mmrag index FOLDER, or name one")
    return found


def is_source(name: str) -> bool:
    """Whether ``name`` is something to index, a folder or a file, and does not name an index.

    The name of an index comes before a folder that is called the same, unless the index is of
    that folder and can follow its changes.
    """
    from mmrag.index.store import is_index

    path = Path(name)
    if not path.exists() or is_index(path):
        return False
    named = Path("indexes") / name
    if len(path.parts) != 1 or os.sep in name or not is_index(named):
        return True
    with open_index(name) as index:
        return index.root == path.resolve()


def short_name(index: Index) -> str:
    """What the user can type for this index from where they are: its name under ./indexes, else its path."""
    path = Path(index.path).absolute()
    here = Path.cwd()
    if path.parent == here / "indexes":
        return path.name
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _of_folder(folder: str, pipeline: str | None) -> Index:
    import mmrag

    root = Path(folder).resolve()
    try:
        index = mmrag.open(mmrag.index_path(root.name), pipeline=pipeline)
    except NotAnIndexError as error:
        raise NotAnIndexError(f"{folder} has no index yet; make one: mmrag index {folder}") from error
    if index.root == root:
        return index
    made_of = index.root
    index.close()
    raise NotAnIndexError(
        f"{folder} has no index: the one named {root.name} is of {made_of}; "
        f"make one: mmrag index {folder} --index NAME"
    )
