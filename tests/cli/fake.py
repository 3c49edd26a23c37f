"""The public library with one small index in memory, whose answers can be foretold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmrag.api import IndexInfo
from mmrag.errors import ModelError, NotAnIndexError, UsageError
from mmrag.synthesize.stream import AnswerStream, Writing
from mmrag.types import (
    Answer,
    BBox,
    Citation,
    Document,
    Element,
    FileReport,
    Filters,
    Hit,
    Kind,
    Page,
    Progress,
    Query,
    Report,
    Status,
)

REPORT = Document("a" * 64, "station/report.pdf", "application/pdf", page_count=4)
NOTES = Document("b" * 64, "notes.md", "text/markdown", page_count=2, paged=False)
GUIDE = Document("c" * 64, "指南.pdf", "application/pdf", page_count=3)
BOX = BBox(0.1, 0.2, 0.5, 0.4)

FIGURE = Element(
    "3f2a9c1e" + "0" * 24, REPORT.id, 2, Kind.FIGURE, BOX, "9.5 m road deck", caption="Figure 1: The barrage"
)
SECTION = Element("77aa0000" + "0" * 24, NOTES.id, 1, Kind.TEXT, None, "Carbon rings last 18 months.")
SIGNAL = Element("c0ffee00" + "0" * 24, GUIDE.id, 3, Kind.TABLE, BOX, "| 三声长鸣 | 水位将要上升 |")

HITS = [
    Hit(
        1,
        1.82,
        REPORT,
        Page(REPORT.id, 2, 595, 842),
        FIGURE,
        (FIGURE,),
        (),
        "The barrage carries a road deck",
    ),
    Hit(2, 0.9, NOTES, Page(NOTES.id, 1, label="Shaft seal"), SECTION, (SECTION,)),
    Hit(3, 0.4, GUIDE, Page(GUIDE.id, 3, 595, 842, label="iii"), SIGNAL, (SIGNAL,), (), SIGNAL.text),
]
FINE = Report((FileReport(REPORT.path, Status.INDEXED, pages=4),), 3, 9, 2, 1, 40, 40, 3.25)
SKIPPED = Report(
    (
        FileReport("locked.pdf", Status.ENCRYPTED, "locked.pdf: needs a password"),
        FileReport(REPORT.path, Status.UNCHANGED, pages=4),
    ),
    1,
    4,
    2,
    1,
    40,
    0,
    75.0,
)


def answer_of(question: str, *, refused: bool = False) -> Answer:
    if refused:
        return Answer(
            question, "Nothing found.", (), tuple(HITS), True, 0.05, "mini:extractive", {"retrieve": 0.2}
        )
    citations = (
        Citation(1, "9.5 m road deck", REPORT, HITS[0].page, FIGURE, BOX),
        Citation(2, "Carbon rings last 18 months.", NOTES, HITS[1].page, SECTION, None),
    )
    text = "“9.5 m road deck” [1]\n“Carbon rings last 18 months.” [2]"
    return Answer(question, text, citations, tuple(HITS), False, 0.71, "mini:extractive", {"retrieve": 0.2})


@dataclass
class FakeChat:
    """A conversation that keeps its questions."""

    mmrag: FakeMmrag

    def stream(self, question: str) -> AnswerStream:
        self.mmrag.calls.append(question)
        if question == "fail":
            raise ModelError("the model\nis gone")
        return self.mmrag.writes(question)


@dataclass
class FakeIndex:
    """An index whose calls are kept in ``calls``."""

    mmrag: FakeMmrag
    path: Path
    report: Report | None = None
    root: Path = Path("/papers")
    closed: bool = False
    state: str = ""

    def __enter__(self) -> FakeIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True

    def search(
        self,
        query: str | Query,
        top_k: int = 10,
        filters: Filters | None = None,
        strategies: list[str] | None = None,
    ) -> list[Hit]:
        assert isinstance(query, Query)
        asked = query.text if query.picture is None else query
        extra = () if strategies is None else (strategies,)
        self.mmrag.calls.append(("search", asked, top_k, filters, *extra))
        return self.mmrag.hits[:top_k]

    def stream(
        self,
        question: str,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: list[str] | None = None,
        **limits: Any,
    ) -> AnswerStream:
        extra = () if strategies is None else (strategies,)
        given = {name: value for name, value in limits.items() if value is not None}
        self.mmrag.calls.append(("ask", question, top_k, filters, *extra, *([given] if given else [])))
        return self.mmrag.writes(question)

    def chat(
        self,
        top_k: int | None = None,
        filters: Filters | None = None,
        strategies: list[str] | None = None,
        **limits: Any,
    ) -> FakeChat:
        given = {name: value for name, value in limits.items() if value is not None}
        self.mmrag.calls.append(("chat", top_k, filters, strategies, given))
        return FakeChat(self.mmrag)

    def info(self) -> IndexInfo:
        return IndexInfo(
            self.path.name, str(self.path), str(self.root), "mini",
            {"joint": 1, "caption": 3}, 3, 9, 2, 1, 40,
            3_200_000, 1,
            "2026-11-22T03:00:00Z", {"mini:text": "minilm-1"}, state=self.state,
        )  # fmt: skip

    def files(self) -> list[FileReport]:
        return list(SKIPPED.files)

    def document(self, name: str) -> Document:
        for document in (REPORT, NOTES, GUIDE):
            if name in (document.path, document.id):
                return document
        raise UsageError(f"no document {name!r}")

    def element(self, prefix: str) -> Element:
        for element in (FIGURE, SECTION, SIGNAL):
            if element.id.startswith(prefix):
                return element
        raise UsageError(f"no element whose id begins with {prefix!r}")

    def page_picture(
        self,
        document: Document,
        page: int,
        *,
        dpi: int = 144,
        boxes: Sequence[BBox] = (),
        elements: Sequence[Element] = (),
        heat: str = "",
        password: str | None = None,
    ) -> Image.Image:
        call = ("picture", document.path, page, dpi, [*boxes, *elements], password)
        self.mmrag.calls.append((*call, heat) if heat else call)
        return Image.new("RGB", (4, 3), "white")

    def remove(self, document: str) -> tuple[Document, ...]:
        self.mmrag.calls.append(("remove", document))
        return (REPORT,)


@dataclass
class FakeMmrag:
    """What ``import mmrag`` gives, as far as the command line uses it. ``indexes`` exist, others do not."""

    indexes: dict[str, FakeIndex] = field(default_factory=dict)
    calls: list[Any] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=lambda: list(HITS))
    refuses: bool = False
    pieces: int = 1
    report: Report = FINE
    fails: Exception | None = None

    def __post_init__(self) -> None:
        self.indexes["docs"] = FakeIndex(self, Path("indexes/docs"))

    def writes(self, question: str) -> AnswerStream:
        """The answer that can be foretold, written in so many pieces."""
        said = answer_of(question, refused=self.refuses)

        def writing() -> Writing:
            size = -(-len(said.text) // self.pieces)
            for start in range(0, len(said.text), size):
                yield said.text[start : start + size]
            return said

        return AnswerStream(writing())

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("open", "build", "list_indexes"):
            monkeypatch.setattr(f"mmrag.{name}", getattr(self, name))

    def open(self, index: str | Path, *, pipeline: str | None = None) -> FakeIndex:
        name = str(index).removeprefix("indexes/")
        if self.fails:
            raise self.fails
        if name not in self.indexes:
            raise NotAnIndexError(f"there is no index at {index}: make one with mmrag index FOLDER")
        if pipeline is not None:
            self.calls.append(("open", str(index), pipeline))
        return self.indexes[name]

    def build(
        self,
        folder: str | Path,
        index: str | None = None,
        *,
        pipeline: str | None = None,
        strategies: list[str] | None = None,
        password: str | None = None,
        progress: Callable[[Progress], None] | None = None,
        rebuild: bool = False,
        retry_failed: bool = False,
    ) -> FakeIndex:
        extra = (() if strategies is None else (strategies,)) + (("retry",) if retry_failed else ())
        self.calls.append(("build", str(folder), index, pipeline, password, rebuild, *extra))
        if self.fails:
            raise self.fails
        if progress is not None:
            progress(Progress("read", "station/report.pdf", 0, 1, 2, 4))
        built = self.indexes["docs"]
        built.report = self.report
        return built

    def list_indexes(self, folder: str | Path = "indexes") -> list[IndexInfo]:
        return [index.info() for index in self.indexes.values()] if str(folder) == "indexes" else []
