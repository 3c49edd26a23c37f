"""Elements of one page, collected in reading order with their ids, their pictures, and its lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from mmrag.types import Asset, BBox, Element, Kind, Line, Metadata, Page, ParsedPage, element_id


class PageBuilder:
    """Collects one page.

    Args:
        page: whose elements these are.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self._elements: list[Element] = []
        self._assets: dict[str, Asset] = {}
        self._errors: list[str] = []
        self._lines: list[Line] = []
        self._seen: Counter[tuple[Kind, BBox | None, str]] = Counter()

    def add(
        self,
        kind: Kind,
        text: str,
        bbox: BBox | None = None,
        *,
        caption: str = "",
        section: tuple[str, ...] = (),
        asset: Asset | None = None,
        metadata: Metadata | None = None,
    ) -> None:
        """One more element; ``asset`` is the picture that shows it."""
        key = (kind, bbox, text)
        if asset is not None:
            self._assets[asset.id] = asset
        self._elements.append(
            Element(
                id=element_id(self.page.document, self.page.number, kind, bbox, text, self._seen[key]),
                document=self.page.document,
                page=self.page.number,
                kind=kind,
                bbox=bbox,
                text=text,
                caption=caption,
                section=section,
                order=len(self._elements),
                picture=None if asset is None else asset.id,
                metadata=metadata or {},
            )
        )
        self._seen[key] += 1

    def add_lines(self, lines: Iterable[Line]) -> None:
        """More lines of the page, below those before."""
        self._lines += lines

    def report(self, error: str) -> None:
        """Say that something of the page is missing, and why, in one line."""
        self._errors.append(error)

    def parsed(self) -> ParsedPage:
        """The page as it stands."""
        error = "; ".join(self._errors[:3]) or None
        if len(self._errors) > 3:
            error = f"{error}; and {len(self._errors) - 3} more"
        elements, assets = tuple(self._elements), tuple(self._assets.values())
        return ParsedPage(self.page, elements, assets, error, tuple(self._lines))
