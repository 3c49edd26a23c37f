"""An open index on disk, and what searching and looking at it share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from mmrag.api.fingerprints import check_fingerprint
from mmrag.api.fulltext import element_text
from mmrag.config import Recipe
from mmrag.errors import IngestError, NotAnIndexError, UsageError
from mmrag.index.built_by import built_by
from mmrag.index.reader import Reader
from mmrag.index.sealing.seal import SEAL
from mmrag.index.store import is_index
from mmrag.types import Document, Element, Hit, Page

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.encoders.lists import ChunkList, PageList
    from mmrag.ingest.drawing import PageOfFile
    from mmrag.rerankers.base import Candidate
    from mmrag.retrieve.retriever import Retriever


def path_of(place: str | Path) -> Path:
    """The path that is given.

    Raises:
        UsageError: if it is empty, as a setting that is not there: it would stand for the current folder.
    """
    if place == "":
        raise UsageError('a name or a path is wanted, found "": the current folder is .')
    return Path(place).expanduser()


def folder_of(place: str | Path) -> Path:
    """The folder of the index at a path, or of that name under ``indexes/``, even if its database is gone.

    Raises:
        NotAnIndexError: if there is none.
        UsageError: if the place is empty.
    """
    for path in (path_of(place), Path("indexes") / place):
        if is_index(path) or (path / SEAL).is_file():
            return path
    raise NotAnIndexError(
        f"there is no index at {place} or indexes/{place}: make one with mmrag index FOLDER"
    )


class OpenIndex:
    """Part of `mmrag.Index`: its database, its models and its pictures, each got when first needed."""

    def __init__(self, path: Path, asked_by: Recipe | None = None) -> None:
        self.path = path
        self._reader = Reader(path)
        try:
            self._built_by: Recipe = built_by(self._reader)
        except BaseException:
            self._reader.close()
            raise
        self.recipe = self._built_by
        if asked_by is not None:
            self.recipe = replace(self._built_by, retrieve=asked_by.retrieve, answer=asked_by.answer)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        self._reader.close()

    @property
    def _is_settled(self) -> bool:
        """Whether a run has begun to fill it: it then knows its folder and its recipe."""
        return self._reader.get("root") is not None

    @property
    def root(self) -> Path:
        """The folder that the index is of."""
        return Path(self._reader.get("root", ""))

    @cached_property
    def _lists(self) -> list[ChunkList | PageList]:
        """Of all views, each with its encoder."""
        from mmrag.strategies import load_strategies

        return [made for strategy in load_strategies(self.recipe) for made in strategy.lists]

    @cached_property
    def _retriever(self) -> Retriever:
        from mmrag.retrieve.retriever import Retriever

        # How the documents were read does not matter to a search; who made the vectors that are asked does.
        weigh = self.recipe.retrieve.weight
        asked = {made.name: made.encoder.fingerprint for made in self._lists if weigh(made.name)}
        check_fingerprint(self._reader, asked)
        return Retriever(self._reader, self._lists, self.recipe.retrieve, self._candidate, self.recipe.visual)

    def _candidate(self, hit: Hit) -> Candidate:
        from mmrag.api.pictures import is_drawn
        from mmrag.rerankers.base import Candidate

        def picture() -> Image:
            if hit.element.picture is not None:
                return self._asset(hit.element.picture)
            # A file that is gone, changed or locked is not drawn; what it said is here.
            with contextlib.suppress(UsageError, IngestError):
                if is_drawn(hit.document):
                    return self._drawn(hit.document, hit.page)
            return self._typeset(hit.document, hit.page)

        return Candidate("\n\n".join(element_text(element) for element in hit.elements), picture)

    def _asset(self, asset: str) -> Image:
        from PIL import Image

        from mmrag.pictures import FORMATS, as_rgb

        with Image.open(self._reader.asset(asset), formats=FORMATS) as opened:
            return as_rgb(opened)

    def _drawn(self, document: Document, page: Page, dpi: int = 144, password: str | None = None) -> Image:
        from mmrag.api.pictures import checked_file
        from mmrag.ingest.drawing import PageOfFile

        file = checked_file(self.root, document)
        return self._draw(PageOfFile(file, document.media_type, page.number, dpi, password))

    def _draw(self, page: PageOfFile) -> Image:
        from mmrag.ingest.drawing import draw

        return draw(page)

    def _typeset(
        self, document: Document, page: Page, marked: Sequence[Element] = (), dpi: int = 144
    ) -> Image:
        from mmrag.api.typeset import typeset

        members = self._reader.page_elements(document.path, page.number)
        return typeset(page, members, self._reader.asset, {element.id for element in marked}, dpi)
