"""`Index`: what a user holds. Search it, ask it, keep it equal to its folder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.api.opened import folder_of
from mmrag.api.searching import ELEMENTS_A_HIT, Searching
from mmrag.config import Recipe, load_recipe
from mmrag.errors import UsageError
from mmrag.index.derived import write_derived
from mmrag.index.lock import WriterLock
from mmrag.index.reader import named
from mmrag.index.store import LOCK
from mmrag.index.writer import Writer
from mmrag.types import Document, Filters, Report

if TYPE_CHECKING:
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.llms.llm import LLM

    from mmrag.api.run import OnProgress
    from mmrag.index.mending.checks import Finding
    from mmrag.llama_index.retriever import IndexRetriever


class Index(Searching):
    """An index on disk, open for searching. Use it as a context manager, or call `close`.

    Searches see the last committed state at each call, also while another process updates the index.
    Not shared between threads: open one in each, or a `mmrag.SharedIndex` for all.

    Attributes:
        path: its folder.
        recipe: what it was built with; its parts ``retrieve`` and ``answer`` may be those of another recipe
            (see `mmrag.open`).
        report: of the last `update` made through this object; ``None`` before.

    Raises:
        NotAnIndexError, SchemaError, CorruptError: see `mmrag.errors`.
    """

    report: Report | None = None

    def update(
        self,
        *,
        password: str | None = None,
        progress: OnProgress | None = None,
        retry_failed: bool = False,
    ) -> Report:
        """Make the index equal to its folder; what has not changed is not touched.

        Args:
            password: for encrypted files.
            progress: called with a `Progress` after every page.
            retry_failed: try again what an earlier run could not read or describe.

        Raises:
            See `mmrag.build`.
        """
        from mmrag.api.builder import update

        if not self._is_settled:
            raise UsageError(f"the index {self.path} is of no folder yet: run mmrag index FOLDER")
        self.report = update(
            self.path,
            self.root,
            self._built_by,
            password=password,
            progress=progress,
            retry_failed=retry_failed,
        )
        return self.report

    def remove(self, document: str) -> tuple[Document, ...]:
        """Take documents out of the index, by id, path or glob; the files themselves stay.

        An update brings back what is still in the folder.

        Raises:
            UsageError: if nothing goes by that name.
            LockedError: if another process is writing.
        """
        gone = tuple(named(self.documents(), document))
        if not gone:
            raise UsageError(f"the index {self.path} has no document {document!r}: see mmrag info --files")
        with WriterLock(self.path / LOCK):
            writer = Writer(self.path)
            try:
                with writer.writing():
                    for found in gone:
                        writer.forget_file(found.path)
                write_derived(writer, self.recipe.visual)
            finally:
                writer.close()
        return gone

    def verify(self, *, deep: bool = False) -> tuple[Finding, ...]:
        """What is not as it should be on disk; `mmrag.verify` also takes an index that can't be opened."""
        from mmrag.api.verifying import verify

        return verify(self.path, deep=deep)

    def as_retriever(
        self,
        top_k: int = 10,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        elements: int = ELEMENTS_A_HIT,
    ) -> IndexRetriever:
        """A retriever for LlamaIndex: text and picture nodes with page, box, score and the picture's path.

        Args:
            top_k, filters, strategies: as in `search`, for every question.
            elements: nodes of one page, at most; they stand together, best first, and share its score.

        Raises:
            MissingExtraError: if LlamaIndex is not installed. UsageError: if ``elements`` is not positive.
        """
        from mmrag.llama_index import as_retriever

        reopen = partial(Index, self.path, self.recipe)
        return as_retriever(self, reopen, top_k, filters, strategies, elements)

    def as_query_engine(
        self,
        llm: LLM | None = None,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
    ) -> BaseQueryEngine:
        """A query engine for LlamaIndex.

        Args:
            llm: a chat LLM of LlamaIndex, to which LlamaIndex's own engine shows the texts and pictures that
                are found; without one the index answers itself, as `ask` does, and the response's source
                nodes are the citations.
            top_k, filters, strategies: as in `ask`, for every question.

        Raises:
            MissingExtraError: if LlamaIndex is not installed. UsageError: if the LLM is not for chats.
        """
        from mmrag.llama_index import as_query_engine

        pages = self.recipe.answer.top_k if top_k is None else top_k
        reopen = partial(Index, self.path, self.recipe)
        return as_query_engine(self, reopen, llm, pages, filters, strategies, ELEMENTS_A_HIT)


def open_index(place: str | Path, *, pipeline: str | Path | Recipe | None = None) -> Index:
    """The index at a path, or of that name under ``indexes/``.

    Args:
        place: path or name.
        pipeline: a recipe, its name or its file, by whose parts ``retrieve`` and ``answer`` this index is
            searched and asked, instead of those that it was built with.

    Raises:
        NotAnIndexError: if there is none.
        RecipeError: if the recipe can't be read.
        SchemaError, CorruptError: if the index can't be used.
    """
    recipe = pipeline if pipeline is None or isinstance(pipeline, Recipe) else load_recipe(pipeline)
    return Index(folder_of(place), recipe)
