"""Looking at what an index holds: its documents, their pages and elements, and the pictures of all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.api.info import IndexInfo, size_of
from mmrag.api.opened import OpenIndex
from mmrag.errors import UsageError
from mmrag.index.lock import holder
from mmrag.index.reader import named
from mmrag.index.store import LOCK
from mmrag.index.unfinished import told, unfinished
from mmrag.types import BBox, Document, Element, FileReport, Page, Query

if TYPE_CHECKING:
    from PIL.Image import Image

_CELL = 4  # pixels of a page picture that a cell of a heat map covers each way


class Looking(OpenIndex):
    """Part of `mmrag.Index`: what it holds."""

    def info(self) -> IndexInfo:
        """What the index holds, and what it was made with."""
        counts, writer = self._reader.counts(), holder(self.path / LOCK)
        left = unfinished(self._reader)
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
            unfinished=left,
            writer=writer,
            state=told(self._reader, left, writer),
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
        found = named(self.documents(), name)
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
        from mmrag.api.pictures import heated, is_drawn, outlined

        found = document if isinstance(document, Document) else self.document(document)
        row, value = self._page(found, page)
        if not is_drawn(found):
            if heat:
                raise UsageError(f"{found.path} has no pages to be coloured")
            return self._typeset(found, value, elements, dpi)
        picture = self._drawn(found, value, dpi, password)
        if heat:
            cells = (max(1, picture.height // _CELL), max(1, picture.width // _CELL))
            picture = heated(picture, self._retriever.heat(Query(heat), row, *cells))
        return outlined(picture, [*boxes, *(element.bbox for element in elements if element.bbox)])

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
