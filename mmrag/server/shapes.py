"""What clients send and get, beside the values of `mmrag.types`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from mmrag.config import STRATEGIES
from mmrag.index.unfinished import Unfinished
from mmrag.types import Document, Element, Filters, Hit, Kind, Page, Query

LONGEST_QUESTION = 10_000
LONGEST_ANSWER = 100_000  # of an earlier one, in a conversation
LAST_PAGE = 1_000_000


def _whole(text: str) -> str:
    """The text; JSON can spell out a half of a surrogate pair, which is no character and no UTF-8."""
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("the text holds half a character, a lone surrogate such as \\ud800: leave it out")
    return text


def _in_order(pages: tuple[int, int]) -> tuple[int, int]:
    if pages[0] > pages[1]:
        raise ValueError(f"pages wants a first page from 1 and a last one not before it, found {list(pages)}")
    return pages


Text = Annotated[str, AfterValidator(_whole)]
Question = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
Number = Annotated[int, Field(description="Of a page, from 1.", ge=1, le=LAST_PAGE)]
Strategy = Literal["joint", "caption", "visual"]
assert set(STRATEGIES) == {"joint", "caption", "visual"}  # noqa: S101 - a type can't be computed


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterShape(_Sent):
    """Which elements may be found; all that is given must hold. See `mmrag.Filters`."""

    documents: list[Text] = Field(default_factory=list, max_length=1000)
    kinds: list[Kind] = []
    pages: Annotated[tuple[Number, Number], AfterValidator(_in_order)] | None = None
    metadata: dict[Text, Text | bool | int | Annotated[float, Field(allow_inf_nan=False)]] = {}
    labels: list[Text] = Field(default_factory=list, max_length=100)

    def value(self) -> Filters:
        """As the library takes it."""
        return Filters(
            tuple(self.documents), tuple(self.kinds), self.pages, self.metadata, tuple(self.labels)
        )


class Scope(_Sent):
    """Where to look, and how much to give."""

    top_k: int = Field(default=10, ge=1, le=100)
    strategies: list[Strategy] | None = Field(default=None, min_length=1)
    filters: FilterShape = FilterShape()


class SearchRequest(Scope):
    """A question to find pages for."""

    query: Question

    def value(self) -> Query:
        """As the library takes it."""
        return Query(self.query, filters=self.filters.value())


class AskRequest(Scope):
    """A question to be answered."""

    question: Question
    top_k: int | None = Field(default=None, ge=1, le=100)  # type: ignore[assignment]
    max_tokens: int | None = Field(default=None, ge=1)


class Exchange(_Sent):
    """A question and its answer, earlier in a conversation."""

    question: Question
    answer: str = Field(max_length=LONGEST_ANSWER)


class ChatRequest(AskRequest):
    """The next question of a conversation, with what was said before, oldest first."""

    history: list[Exchange] = Field(default_factory=list, max_length=50)


class SearchReply(BaseModel):
    """Pages, best first, and how long it took."""

    hits: list[Hit]
    seconds: float


class PageReply(BaseModel):
    """A page with its elements in reading order."""

    document: Document
    page: Page
    elements: list[Element]


class Health(BaseModel):
    """Whether the server works, and with what."""

    status: Literal["ok"] = "ok"
    version: str
    indexes: list[str]
    read_only: bool


class ServedIndex(BaseModel):
    """What an index holds, as `mmrag.IndexInfo` says, but for the folders of the server's machine."""

    name: str
    recipe: str
    views: dict[str, int]
    documents: int
    pages: int
    figures: int
    tables: int
    chunks: int
    bytes: int
    schema_: int = Field(alias="schema")  # a name that pydantic has taken
    updated: str
    fingerprints: dict[str, str]
    unfinished: Unfinished | None
    writer: str
    state: str


class IndexList(BaseModel):
    """What the served indexes hold."""

    indexes: list[ServedIndex]


class Fault(BaseModel):
    """What went wrong: the name of the error, and one line that says what to do."""

    kind: str
    message: str


class ErrorReply(BaseModel):
    """Every error, but those of the shape of a request, comes so."""

    error: Fault


_CODES = (400, 401, 403, 404, 409, 413, 421, 429, 500, 501, 502, 503)

ERRORS: dict[int | str, dict[str, Any]] = {code: {"model": ErrorReply} for code in _CODES}
"""For the OpenAPI document: what any request may get."""

_FAULT = {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorReply"}}}
STREAM_ERRORS: dict[int | str, dict[str, Any]] = {
    code: {"description": "It was refused before anything was sent.", "content": _FAULT} for code in _CODES
}
"""The same for requests that get a stream of events."""
