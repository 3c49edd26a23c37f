"""A language model that only counts, and an index of pages made by hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from PIL import Image

from mmrag.generators.language_model import LanguageModel, Limits, Message, Piece
from mmrag.types import BBox, Document, Element, Hit, Kind, Page, element_id


class Counting(LanguageModel):
    """A text has as many tokens as words, a picture ``picture`` tokens, a message one more."""

    spec = "tests:Counting"

    def __init__(
        self,
        tokens: int = 100_000,
        pictures: int = 8,
        side: int = 512,
        picture: int = 50,
        control_tokens: tuple[str, ...] = (),
    ) -> None:
        self._limits = Limits(tokens, pictures, side)
        self._picture = picture
        self.control_tokens = control_tokens
        self.calls = 0

    @property
    def limits(self) -> Limits:
        return self._limits

    def count(self, messages: Sequence[Message]) -> int:
        self.calls += 1
        return sum(1 + sum(self.cost(part) for part in message.parts) for message in messages)

    def cost(self, part: str | Image.Image) -> int:
        return len(part.split()) if isinstance(part, str) else self._picture

    def stream(self, messages: Sequence[Message], max_tokens: int) -> Iterator[Piece]:
        raise AssertionError("nobody asks it")


@dataclass
class Shelf:
    """Pages whose elements are those it is given; pictures are grey and as large as told."""

    on: dict[tuple[str, int], list[Element]] = field(default_factory=dict)
    size: tuple[int, int] = (64, 48)
    gone: frozenset[str] = frozenset()
    opened: list[str] = field(default_factory=list)

    def elements(self, document: Document, page: int) -> Sequence[Element]:
        return self.on.get((document.id, page), [])

    def picture(self, hit: Hit, element: Element) -> Image.Image | None:
        self.opened.append(element.id)
        return None if element.id in self.gone else Image.new("L", self.size, 128)


def document(name: str = "report.pdf", title: str = "", *, paged: bool = True, pages: int = 9) -> Document:
    return Document(f"{name:-<64}", name, "application/pdf", title, pages, paged)


def element(
    text: str = "",
    kind: Kind = Kind.TEXT,
    *,
    of: Document | None = None,
    page: int = 1,
    order: int = 0,
    caption: str = "",
    section: tuple[str, ...] = (),
    picture: str | None = None,
    **metadata: str | bool,
) -> Element:
    """One element; figures and tables have a picture of their own unless told otherwise."""
    owner = (of or document()).id
    box = BBox(0.1, min(order, 90) / 100, 0.9, min(order, 90) / 100 + 0.05)
    name = element_id(owner, page, kind, box, caption + text)
    if picture is None and kind in (Kind.FIGURE, Kind.TABLE, Kind.PAGE):
        picture = f"asset of {name}"
    return Element(name, owner, page, kind, box, text, caption, section, order, picture or None, metadata)


def hit(*elements: Element, of: Document | None = None, rank: int = 1, snippet: str = "") -> Hit:
    first = elements[0]
    page = Page(first.document, first.page, 612.0, 792.0)
    return Hit(rank, 1 / rank, of or document(), page, first, elements, (), snippet)
