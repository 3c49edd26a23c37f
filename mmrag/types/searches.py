"""What is searched for, and what is found."""

from __future__ import annotations

from dataclasses import dataclass, field

from mmrag.types.documents import Document, Element, Kind, Metadata, Page


@dataclass(frozen=True, slots=True)
class Filters:
    """Which elements a search may return. Empty means no restriction; all given ones must hold.

    Attributes:
        documents: ids, relative paths, or glob patterns over relative paths (``reports/*.pdf``).
        kinds: element kinds.
        pages: first and last page, 1-based, both included.
        metadata: document metadata that must be equal.
        labels: what a picture is, as strategy ``joint`` labels it (``chart``, ``photo``, …).
    """

    documents: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    pages: tuple[int, int] | None = None
    metadata: Metadata = field(default_factory=dict)
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.documents or self.kinds or self.pages or self.metadata or self.labels)


@dataclass(frozen=True, slots=True)
class Query:
    """A question: text, the path of a picture, or both."""

    text: str = ""
    picture: str | None = None
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Source:
    """One ranked list that brought a hit: its name, the page's 1-based rank there, and the raw score."""

    list: str
    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """One page that a search found, with the element that speaks for it best.

    Attributes:
        rank: 1-based.
        score: fused score; comparable within one search only.
        document, page: where it stands.
        element: the page's best element for this query.
        elements: the page's best elements, best first, ``element`` included.
        sources: the lists that brought the page, and at which rank.
        snippet: the part of the element that matched.
    """

    rank: int
    score: float
    document: Document
    page: Page
    element: Element
    elements: tuple[Element, ...] = ()
    sources: tuple[Source, ...] = ()
    snippet: str = ""
