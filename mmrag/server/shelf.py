"""The indexes of a server, by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mmrag.api.sharing import SharedIndex
from mmrag.errors import NotAnIndexError, UsageError


class Shelf:
    """Indexes that stay open as long as the server runs.

    Args:
        places: names or paths, as `mmrag.open` takes them.
        pipeline: by whose parts ``retrieve`` and ``answer`` they are searched and asked; else by their own.

    Raises:
        UsageError: if there is none, or two go by the same name. As `mmrag.open`.
    """

    def __init__(self, places: Iterable[str | Path], pipeline: str | Path | None = None) -> None:
        self._indexes: dict[str, SharedIndex] = {}
        try:
            for place in places:
                self._add(SharedIndex(place, pipeline=pipeline))
        except BaseException:
            self.close()
            raise
        if not self._indexes:
            raise UsageError("there is no index to serve: name one, or make one with mmrag index FOLDER")

    def _add(self, index: SharedIndex) -> None:
        name = index.path.name
        if name in self._indexes:
            index.close()
            raise UsageError(f"two indexes are called {name!r}: serve them one by one, or rename a folder")
        self._indexes[name] = index

    def __getitem__(self, name: str) -> SharedIndex:
        """Raises NotAnIndexError."""
        try:
            return self._indexes[name]
        except KeyError:
            raise NotAnIndexError(
                f"no index is called {name!r} here, only {', '.join(self._indexes)}"
            ) from None

    @property
    def all(self) -> Mapping[str, SharedIndex]:
        """By name, in the order in which they were given."""
        return self._indexes

    def close(self) -> None:
        """Let go of them all."""
        for index in self._indexes.values():
            index.close()
