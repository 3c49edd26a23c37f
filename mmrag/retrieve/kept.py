"""What was read of an index and stays at hand for the next question."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Kept(Generic[Value]):
    """Values by row, as long as there is room for them.

    Args:
        room: how much may stay.
        size: what a value takes of it; 1 each if not given.
    """

    def __init__(self, room: int, size: Callable[[Value], int] | None = None) -> None:
        self._room, self._size = room, size
        self._held: dict[int, Value] = {}
        self._taken = 0

    def __len__(self) -> int:
        return len(self._held)

    def get(
        self, rows: Sequence[int], read: Callable[[Sequence[int]], Mapping[int, Value]]
    ) -> Mapping[int, Value]:
        """The values of these rows at least; ``read`` is given those that are not at hand."""
        missing = [row for row in rows if row not in self._held]
        if missing:
            found = read(missing)
            more = self._measured(found)
            if self._taken + more > self._room:
                self._held = {row: self._held[row] for row in rows if row in self._held}
                self._taken = self._measured(self._held)
            self._held.update(found)
            self._taken += more
        return self._held

    def _measured(self, values: Mapping[int, Value]) -> int:
        return len(values) if self._size is None else sum(map(self._size, values.values()))
