"""One index for many threads: its models are loaded once, one thread searches, and every thread reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mmrag.api.generating import Generators
from mmrag.api.index import Index, open_index
from mmrag.config import Recipe
from mmrag.encoders.together import together
from mmrag.ingest.drawing import Drawer
from mmrag.types import Hit, Query

Result = TypeVar("Result")


class SharedIndex:
    """An index that threads share. Use it as a context manager, or call `close`.

        with mmrag.SharedIndex("reports") as shared, ThreadPoolExecutor() as threads:
            answers = list(threads.map(lambda question: shared.here.ask(question), questions))

    The models, and the vectors that a search works with, are in memory once, whatever the number of threads.
    Questions that arrive together are encoded together; a generator answers several at once if it says that
    it can (`mmrag.generators.LanguageModel.concurrent`). Pages are drawn in a process of their own, with the
    limits of parsers.

    Args:
        place: as `mmrag.open` takes it.
        pipeline: likewise.

    Attributes:
        root: the folder that the index is of.

    Raises:
        As `mmrag.open`.
    """

    def __init__(self, place: str | Path, *, pipeline: str | Path | Recipe | None = None) -> None:
        # A connection to SQLite has a state of its own, such as its snapshot: one thread alone searches.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="mmrag-search")
        self._here = threading.local()
        self._members: dict[threading.Thread, Index] = {}
        self._turn = threading.Lock()
        try:
            self._searcher: Index = self._thread.submit(open_index, place, pipeline=pipeline).result()
        except BaseException:
            self._thread.shutdown()
            raise
        self.root: Path = self._thread.submit(lambda: self._searcher.root).result()
        # A program that serves many must not fall over one page.
        self._drawer = Drawer(self._searcher.recipe.ingest)
        self._searcher._draw = self._drawer.draw  # type: ignore[method-assign]
        self._searcher._lists = together(self._searcher._lists)
        self._generators = Generators(self._searcher._text_encoders, shared=True)

    def __enter__(self) -> SharedIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def path(self) -> Path:
        """Its folder."""
        return self._searcher.path

    @property
    def here(self) -> Index:
        """The index for the thread that asks, which alone may use it; it is closed with the rest."""
        found: Index | None = getattr(self._here, "index", None)
        if found is None:
            found = self._here.index = Index(self.path, self._searcher.recipe)
            found._lists = self._searcher._lists
            found._generators = self._generators
            found._retriever = _Distant(self._searcher, self._thread)  # type: ignore[assignment]
            found._draw = self._drawer.draw  # type: ignore[method-assign]
            self._keep(found)
        return found

    def _keep(self, index: Index) -> None:
        # Pools of threads let idle ones go and make others: what those had open must not pile up.
        with self._turn:
            for thread in [thread for thread in self._members if not thread.is_alive()]:
                self._members.pop(thread).close()
            self._members[threading.current_thread()] = index

    def close(self) -> None:
        """Let go of the index, once no thread uses it any more."""
        for index in (*self._members.values(), self._searcher):
            index.close()
        self._generators.close()
        self._drawer.close()
        self._thread.shutdown()


class _Distant:
    """A retriever that works in a thread of its own, as other threads see it."""

    def __init__(self, searcher: Index, thread: ThreadPoolExecutor) -> None:
        self._searcher, self._thread = searcher, thread

    def search(
        self, query: Query, top_k: int = 10, strategies: Sequence[str] | None = None, elements: int = 3
    ) -> list[Hit]:
        self._there(lambda: self._searcher._retriever.refresh())
        # The models work in the thread that asks, so that they get questions from several.
        asked = self._searcher._retriever.ask(query, strategies)
        return self._there(lambda: self._searcher._retriever.find(query, asked, top_k, elements))

    def heat(self, query: Query, page: int, height: int, width: int) -> NDArray[np.float32]:
        return self._there(lambda: self._searcher._retriever.heat(query, page, height, width))

    def _there(self, call: Callable[[], Result]) -> Result:
        return self._thread.submit(call).result()
