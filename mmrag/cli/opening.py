"""Which index a word on the command line means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.errors import NotAnIndexError

if TYPE_CHECKING:
    from mmrag.api import Index


def open_index(name: str) -> Index:
    """The index of that name or path, or the one that was made of that folder.

    Raises:
        NotAnIndexError: if there is none; the message says how to make it.
    """
    import mmrag

    try:
        return mmrag.open(name)
    except NotAnIndexError:
        if not Path(name).is_dir():
            raise
    return _of_folder(name)


def is_source(name: str) -> bool:
    """Whether ``name`` is something to index, a folder or a file, and not itself an index."""
    from mmrag.index.store import is_index

    return Path(name).exists() and not is_index(Path(name))


def short_name(index: Index) -> str:
    """What the user can type for this index from where they are: its name under ./indexes, else its path."""
    path = Path(index.path).absolute()
    here = Path.cwd()
    if path.parent == here / "indexes":
        return path.name
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _of_folder(folder: str) -> Index:
    import mmrag

    root = Path(folder).resolve()
    try:
        index = mmrag.open(mmrag.index_path(root.name))
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
