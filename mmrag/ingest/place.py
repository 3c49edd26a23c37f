"""Where a parser stands, told before each step, so that its death is blamed on the right page and engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """A step of reading a file.

    Attributes:
        page: 1-based; 0 while the file is being opened.
        engine: the second engine's name while that one is asked; empty for the first.
        why: why the first engine was not enough, where it could still say so itself.
    """

    page: int = 0
    engine: str = ""
    why: str = ""

    def __str__(self) -> str:
        """As in "parsing page 3 with pdfium"."""
        step = f"parsing page {self.page}" if self.page else "opening it"
        return f"{step} with {self.engine}" if self.engine else step


_listeners: list[Callable[[Place], None]] = []
_now = Place()


def start() -> None:
    """Another file is about to be opened, by the first engine."""
    global _now
    _now = Place()
    announce(0)


def announce(page: int) -> None:
    """Page ``page`` is about to be read or understood; 0 for opening the file."""
    global _now
    _now = Place(page, _now.engine, _now.why)
    for listener in _listeners:
        listener(_now)


@contextmanager
def second_engine(name: str, why: str = "") -> Iterator[None]:
    """What is announced inside is done by the second engine."""
    global _now
    before = _now
    _now = Place(before.page, name, why)
    try:
        yield
    finally:
        _now = before


def listen(listener: Callable[[Place], None]) -> None:
    """Tell ``listener``, and nobody else, of every step from now on."""
    _listeners[:] = [listener]
