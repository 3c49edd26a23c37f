"""An index for whoever calls: its own in its own thread, another one in a thread beside for all others."""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from mmrag.types import Answer, Document, Filters, Hit, Query

if TYPE_CHECKING:
    from PIL.Image import Image

Result = TypeVar("Result")


class Searchable(Protocol):
    """What is asked of an index; see `mmrag.api.Index`."""

    def search(
        self,
        query: str | Query,
        top_k: int = ...,
        filters: Filters | None = ...,
        strategies: str | Sequence[str] | None = ...,
    ) -> list[Hit]:
        """The best pages."""
        ...

    def ask(
        self,
        question: str | Query,
        top_k: int | None = ...,
        filters: Filters | None = ...,
        strategies: str | Sequence[str] | None = ...,
    ) -> Answer:
        """An answer from them."""
        ...

    def picture(self, asset: str) -> Path:
        """The checked file of a picture."""
        ...

    def page_picture(self, document: Document | str, page: int) -> Image:
        """The picture of a page."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Lane:
    """Runs what wants an index where it has one: an index is not shared between threads.

    Args:
        index: for calls from the thread that makes this object.
        reopen: opens the same index once more; called once, in a thread of ours, when another thread or an
            event loop first asks. That index is closed when this object goes.
    """

    def __init__(self, index: Searchable, reopen: Callable[[], Searchable]) -> None:
        self._index = index
        self._owner = threading.current_thread()
        self._reopen = reopen
        self._opened: list[Searchable] = []
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="mmrag-llama-index")
        # At exit the thread is joined before this could run, and the index ends with the process.
        weakref.finalize(self, _end, self._threads, self._opened).atexit = False

    def call(self, work: Callable[[Searchable], Result]) -> Result:
        """What ``work`` returns, waited for."""
        if threading.current_thread() is self._owner:
            return work(self._index)
        return self._submit(work).result()

    async def acall(self, work: Callable[[Searchable], Result]) -> Result:
        """What ``work`` returns, without keeping the event loop from its other tasks."""
        return await asyncio.wrap_future(self._submit(work))

    def _submit(self, work: Callable[[Searchable], Result]) -> Future[Result]:
        return self._threads.submit(_run, self._reopen, self._opened, work)


def _run(
    reopen: Callable[[], Searchable], opened: list[Searchable], work: Callable[[Searchable], Result]
) -> Result:
    if not opened:
        opened.append(reopen())
    return work(opened[0])


def _end(threads: ThreadPoolExecutor, opened: list[Searchable]) -> None:
    threads.submit(_close, opened)  # SQLite wants it closed in the thread that opened it
    threads.shutdown(wait=False)


def _close(opened: list[Searchable]) -> None:
    while opened:
        opened.pop().close()
