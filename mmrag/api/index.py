"""`Index`: what a user holds. Search it, ask it, keep it equal to its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from mmrag.api.fingerprints import check_fingerprint
from mmrag.api.info import IndexInfo, size_of
from mmrag.api.searchable import element_text
from mmrag.config import Recipe, load_recipe
from mmrag.config.recipe import parse_recipe
from mmrag.errors import IngestError, NotAnIndexError, UsageError
from mmrag.index.derived import write_derived
from mmrag.index.lock import WriterLock
from mmrag.index.reader import Reader, names
from mmrag.index.store import LOCK, is_index
from mmrag.index.writer import Writer
from mmrag.types import Answer, BBox, Document, Element, FileReport, Filters, Hit, Line, Page, Query, Report

if TYPE_CHECKING:
    import numpy as np
    from llama_index.core.base.base_query_engine import BaseQueryEngine
    from llama_index.core.llms.llm import LLM
    from numpy.typing import NDArray
    from PIL.Image import Image

    from mmrag.api.asking import Answers
    from mmrag.api.chat import Chat
    from mmrag.api.run import OnProgress
    from mmrag.encoders.lists import ChunkList, PageList
    from mmrag.index.checks import Finding
    from mmrag.ingest.drawing import PageOfFile
    from mmrag.llama_index.retriever import IndexRetriever
    from mmrag.rerankers.base import Candidate
    from mmrag.retrieve.retriever import Retriever
    from mmrag.synthesize import AnswerStream, Spending
    from mmrag.synthesize.context import Turn


ELEMENTS_A_HIT = 3
"""How many of a page's best elements come with a hit, for a reader."""

ELEMENTS_AN_ANSWER = 5
"""How many of them a generator is given."""

_CELL = 4  # pixels of a page picture that a cell of a heat map covers each way


class Index:
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

    def __init__(self, path: Path, asked_by: Recipe | None = None) -> None:
        self.path = path
        self.report: Report | None = None
        self._reader = Reader(path)
        self._built_by: Recipe = parse_recipe(self._reader.get("recipe", {}), "stored")
        self.recipe = self._built_by
        if asked_by is not None:
            self.recipe = replace(self._built_by, retrieve=asked_by.retrieve, answer=asked_by.answer)

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
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

    def search(
        self,
        query: str | Query,
        top_k: int = 10,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
    ) -> list[Hit]:
        """The best pages for a question, best first.

        Args:
            query: text, or a `Query`, which may have a picture.
            top_k: at most so many pages.
            filters: which elements may be returned; instead of those of the query.
            strategies: the views to ask, fused by page: one name or several; by default all that it has.

        Raises:
            UsageError: if the question is empty, ``top_k`` is not positive, or the index lacks a view.
            FingerprintError: if the models at hand are not the ones that made the vectors.
        """
        return self._search(query, top_k, filters, strategies, ELEMENTS_A_HIT)

    def ask(
        self,
        question: str | Query,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
    ) -> Answer:
        """An answer with citations, from the best pages for the question.

        Args:
            question: as in `search`.
            top_k: the number of pages given to the generator, the recipe's if ``None``.
            filters, strategies: as in `search`.
            generator: spec of what answers, e.g. ``openai:qwen3-vl:8b@http://localhost:11434/v1``; the
                recipe's if ``None``.
            max_tokens: limit of prompt and answer together; the answer is cut where it is reached.
            max_cost: limit in the unit of the recipe's prices, likewise.

        Raises:
            As `search`; ModelError if the generator fails; BudgetError, before a model is asked, where the
            limits leave no room for an answer.
        """
        return self.stream(
            question,
            top_k,
            filters,
            strategies,
            generator=generator,
            max_tokens=max_tokens,
            max_cost=max_cost,
        ).answer

    def stream(
        self,
        question: str | Query,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
    ) -> AnswerStream:
        """As `ask`, but the text comes as it is written: iterate over what is returned.

        The pages are found before this returns; an error of the generator is raised by the iteration.
        """
        spending = self._answers.spending(max_tokens, max_cost)
        return self._stream(question, top_k, filters, strategies, generator, spending)

    def chat(
        self,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: str | Sequence[str] | None = None,
        *,
        generator: str | None = None,
        max_tokens: int | None = None,
        max_cost: float | None = None,
        turns: int = 6,
    ) -> Chat:
        """A conversation, in which a question may lean on those before it.

        Args:
            top_k, filters, strategies, generator: as in `ask`, for every question.
            max_tokens, max_cost: as in `ask`, of the whole conversation.
            turns: exchanges that are remembered.
        """
        from mmrag.api.chat import Chat

        return Chat(
            self,
            top_k=top_k,
            filters=filters,
            strategies=strategies,
            generator=generator,
            max_tokens=max_tokens,
            max_cost=max_cost,
            turns=turns,
        )

    def _stream(
        self,
        question: str | Query,
        top_k: int | None,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        generator: str | None,
        spending: Spending,
        history: Sequence[Turn] = (),
    ) -> AnswerStream:
        pages = top_k or self.recipe.answer.top_k
        return self._answers.stream(
            question if isinstance(question, str) else question.text,
            lambda: self._search(question, pages, filters, strategies, ELEMENTS_AN_ANSWER),
            generator,
            spending,
            history,
        )

    def _search(
        self,
        query: str | Query,
        top_k: int,
        filters: Filters | None,
        strategies: str | Sequence[str] | None,
        elements: int,
    ) -> list[Hit]:
        if isinstance(query, str):
            query = Query(query)
        if not isinstance(query, Query) or not isinstance(top_k, int):
            raise UsageError(
                f"a search wants a text or a Query and a whole number of pages, found {query!r} and {top_k!r}"
            )
        if filters is not None:
            query = replace(query, filters=filters)
        for label in query.filters.labels:
            if "joint" not in self.recipe.strategies or label not in self.recipe.joint.labels:
                raise UsageError(
                    f"no picture of this index is labelled {label!r}: strategy joint labels them "
                    f"{', '.join(self.recipe.joint.labels)}"
                )
        if isinstance(strategies, str):
            strategies = self.recipe.strategies if strategies == "all" else (strategies,)
        if strategies is not None and not strategies:
            raise UsageError("strategies is empty: name one, or leave it out to ask all views")
        for name in strategies or ():
            if name not in self.recipe.strategies:
                raise UsageError(
                    f"the index {self.path} has no view {name!r}, only {', '.join(self.recipe.strategies)}: "
                    "lay it with mmrag index FOLDER --strategy NAME"
                )
        return self._retriever.search(query, top_k, strategies, elements)

    def embed(self, texts: Sequence[str]) -> tuple[NDArray[np.float32], int]:
        """Vectors of texts by the index's first encoder of texts, and how many tokens it read.

        Args:
            texts: any number; what is longer than the encoder reads is cut there.

        Returns:
            ``(len(texts), dim)`` float32, rows of unit length; and the number of tokens, with special ones.

        Raises:
            UsageError: if no view of the index embeds texts by themselves.
        """
        from mmrag.encoders.batching import encode_texts
        from mmrag.encoders.lists import ChunkList, texts_of

        encoders = [made.encoder for made in self._lists if isinstance(made, ChunkList)]
        if not encoders:
            raise UsageError(f"the index {self.path} has no view that embeds texts: lay joint or caption")
        encoder = texts_of(encoders[0])
        return encode_texts(encoder, texts), sum(encoder.count_tokens(texts))

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

        pages = top_k or self.recipe.answer.top_k
        reopen = partial(Index, self.path, self.recipe)
        return as_query_engine(self, reopen, llm, pages, filters, strategies, ELEMENTS_A_HIT)

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
        gone = tuple(found for found in self.documents() if names(found, document))
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

    def info(self) -> IndexInfo:
        """What the index holds, and what it was made with."""
        counts = self._reader.counts()
        return IndexInfo(
            name=self.path.name,
            path=str(self.path),
            root=str(self.root),
            recipe=self.recipe.name,
            views=self._reader.laid_counts(self.recipe.strategies),
            documents=counts["documents"],
            pages=counts["pages"],
            figures=counts.get("figure", 0),
            tables=counts.get("table", 0),
            chunks=counts["chunks"],
            bytes=size_of(self.path),
            schema=int(self._reader.connection.execute("PRAGMA user_version").fetchone()[0]),
            updated=self._reader.get("updated", ""),
            fingerprints=self._reader.get("fingerprint", {}),
        )

    def files(self) -> list[FileReport]:
        """What became of every file of the folder, in the order of their paths."""
        return self._reader.files()

    def documents(self) -> list[Document]:
        """The documents, in the order of their paths."""
        return list(self._reader.documents().values())

    def document(self, name: str) -> Document:
        """The one document with this id (8 or more digits), path or glob.

        Raises:
            UsageError: if there is none, or more than one.
        """
        known = self.documents()
        # A path may itself look like a pattern for others.
        found = [document for document in known if document.path == name]
        found = found or [document for document in known if names(document, name)]
        if len(found) != 1:
            says = "no document" if not found else f"{len(found)} documents"
            raise UsageError(f"the index {self.path} has {says} {name!r}: see mmrag info --files")
        return found[0]

    def element(self, element_id: str) -> Element:
        """The one element whose id begins so.

        Raises:
            UsageError: if there is none, or more than one.
        """
        return self._element(element_id)[1]

    def page(self, document: Document | str, number: int) -> Page:
        """One page of a document.

        Raises:
            UsageError: if it has no page of this number.
        """
        return self._page(document if isinstance(document, Document) else self.document(document), number)[1]

    def elements(self, document: Document | str, page: int) -> list[Element]:
        """The elements of a page, in reading order."""
        return self._reader.page_elements(self._path_of(document), page)

    def picture(self, asset: str) -> Path:
        """The file of a picture by its asset id, after its content has been checked.

        Raises:
            UsageError: if there is none. CorruptError: if it is missing or damaged.
        """
        return self._reader.asset(asset)

    def page_picture(
        self,
        document: Document | str,
        page: int,
        *,
        dpi: int = 144,
        boxes: Sequence[BBox] = (),
        elements: Sequence[Element] = (),
        heat: str = "",
        password: str | None = None,
    ) -> Image:
        """The picture of a page with these boxes, or the boxes of these elements, outlined.

        A document without pages gets its section typeset, with the elements outlined.

        Args:
            document: or its id, path or glob.
            page: 1-based.
            dpi: pixels an inch.
            boxes: page fractions; nothing for a document without pages.
            elements: of this page.
            heat: a question; where it matched is coloured, by the view ``visual``.
            password: of an encrypted PDF.

        Raises:
            UsageError: if there is no such page, the file has changed since it was indexed, or no view tells
                where ``heat`` matched.
            IngestError: if the file can't be read; EncryptedError without its password.
        """
        from mmrag.api.pictures import checked_file, heated, is_drawn, outlined
        from mmrag.ingest.drawing import PageOfFile

        found = document if isinstance(document, Document) else self.document(document)
        row, value = self._page(found, page)
        if not is_drawn(found):
            if heat:
                raise UsageError(f"{found.path} has no pages to be coloured")
            return self._typeset(found, value, elements, dpi)
        file = checked_file(self.root, found)
        picture = self._draw(PageOfFile(file, found.media_type, value.number, dpi, password))
        if heat:
            cells = (max(1, picture.height // _CELL), max(1, picture.width // _CELL))
            picture = heated(picture, self._retriever.heat(Query(heat), row, *cells))
        return outlined(picture, [*boxes, *(element.bbox for element in elements if element.bbox)])

    def _draw(self, page: PageOfFile) -> Image:
        from mmrag.ingest.drawing import draw

        return draw(page)

    def _typeset(self, document: Document, page: Page, marked: Sequence[Element], dpi: int = 144) -> Image:
        from mmrag.api.typeset import typeset

        members = self._reader.page_elements(document.path, page.number)
        return typeset(page, members, self.picture, {element.id for element in marked}, dpi)

    def _page(self, document: Document, number: int) -> tuple[int, Page]:
        place = self._reader.page(document.path, number)
        if place is None:
            raise UsageError(f"{document.path} has no page {number}: it has {document.page_count}")
        return place

    def _path_of(self, document: Document | str) -> str:
        return document.path if isinstance(document, Document) else self.document(document).path

    def _element(self, element_id: str) -> tuple[Document, Element]:
        found = self._reader.find_elements(element_id)
        if len({element.id for _, element in found}) != 1:
            says = "no element" if not found else "more than one element"
            raise UsageError(f"the index {self.path} has {says} whose id begins with {element_id!r}")
        return found[0]

    def _lines_of(self, document: Document, page: int) -> Sequence[Line]:
        return self._reader.lines(document.path, page)

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
        from mmrag.rerankers.base import Candidate

        def picture() -> Image:
            if hit.element.picture is not None:
                return self._asset(hit.element.picture)
            try:
                return self.page_picture(hit.document, hit.page.number)
            except (UsageError, IngestError):
                # The file is gone, changed or locked; what it said is here.
                return self._typeset(hit.document, hit.page, ())

        return Candidate("\n\n".join(element_text(element) for element in hit.elements), picture)

    def _asset(self, asset: str) -> Image:
        from PIL import Image

        from mmrag.pictures import FORMATS, as_rgb

        with Image.open(self.picture(asset), formats=FORMATS) as opened:
            return as_rgb(opened)

    @cached_property
    def _answers(self) -> Answers:
        from mmrag.api.asking import Answers, Pages
        from mmrag.encoders.lists import ChunkList

        encoders = [made.encoder for made in self._lists if isinstance(made, ChunkList)]
        return Answers(
            self.recipe.answer, encoders, Pages(self.elements, self._asset, self.page_picture), self._lines_of
        )


def open_index(place: str | Path, *, pipeline: str | Path | Recipe | None = None) -> Index:
    """The index at a path, or of that name under ``indexes/``.

    Args:
        place: path or name.
        pipeline: a recipe, its name or its file, by whose parts ``retrieve`` and ``answer`` this index is
            searched and asked, instead of those that it was built with.

    Raises:
        NotAnIndexError: if there is none.
        RecipeError: if the recipe can't be read.
    """
    recipe = pipeline if pipeline is None or isinstance(pipeline, Recipe) else load_recipe(pipeline)
    for path in (Path(place), Path("indexes") / place):
        if is_index(path):
            return Index(path, recipe)
    raise NotAnIndexError(
        f"there is no index at {place} or indexes/{place}: make one with mmrag index FOLDER"
    )
