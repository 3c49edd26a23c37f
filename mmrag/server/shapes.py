"""What clients send and get, beside the values of `mmrag.types`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mmrag.api.info import IndexInfo
from mmrag.config import STRATEGIES
from mmrag.types import Document, Element, Filters, Hit, Kind, Page, Query

LONGEST_QUESTION = 10_000

Question = Annotated[str, Field(min_length=1, max_length=LONGEST_QUESTION)]
Strategy = Literal["joint", "caption", "visual"]
assert set(STRATEGIES) == {"joint", "caption", "visual"}  # noqa: S101 - a type can't be computed


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")


class FilterShape(_Sent):
    """Which elements may be found; all that is given must hold. See `mmrag.Filters`."""

    documents: list[str] = Field(default_factory=list, max_length=1000)
    kinds: list[Kind] = []
    pages: tuple[Annotated[int, Field(ge=1)], Annotated[int, Field(ge=1)]] | None = None
    metadata: dict[str, str] = {}
    labels: list[str] = Field(default_factory=list, max_length=100)

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
    answer: str = Field(max_length=100_000)


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


class IndexList(BaseModel):
    """What the served indexes hold."""

    indexes: list[IndexInfo]


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
