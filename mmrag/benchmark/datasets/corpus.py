"""The documents of a dataset: whether they are there, how many pages they have, and how large these are."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from mmrag.errors import UsageError
from mmrag.ingest.sniff import ENDINGS, PDF
from mmrag.types import BBox

_Sizes = tuple[tuple[float, float], ...]


class Corpus:
    """A folder of documents.

    Raises:
        UsageError: if there is no such folder.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise UsageError(f"there is no folder {folder} for the dataset's documents")
        self.folder = folder
        self._sizes: dict[str, _Sizes] = {}

    @cached_property
    def files(self) -> frozenset[str]:
        """Relative paths of all files, with forward slashes."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return frozenset(path.relative_to(self.folder).as_posix() for path in found)

    def check(self, file: str, page: int, place: str) -> None:
        """Raise a UsageError that names ``place`` unless the document is there and has that page.

        Where pages can't be counted, as in text, which has none, any number is taken.
        """
        if file not in self.files:
            raise UsageError(f"{place}: there is no document {file!r} in {self.folder}")
        sizes = self.sizes(file)
        if page < 0 or (sizes and page > len(sizes)):
            count = f", it has {len(sizes)}" if sizes else ""
            raise UsageError(f"{place}: {file} has no page {page}{count}; pages count from 1")

    def size(self, file: str, page: int) -> tuple[float, float] | None:
        """Width and height of a page as shown: PDF points, pixels of a picture; ``None`` where unknown."""
        sizes = self.sizes(file)
        return sizes[page - 1] if 0 < page <= len(sizes) else None

    def sizes(self, file: str) -> _Sizes:
        """Width and height of every page; nothing where the document has no pages or can't be opened."""
        if file not in self._sizes:
            self._sizes[file] = _read_sizes(self.folder / file)
        return self._sizes[file]

    def box(self, file: str, page: int, corners: object, unit: str, place: str) -> BBox:
        """A box as a dataset gives it.

        Args:
            file: relative path. page: 1-based.
            corners: four numbers, x0, y0, x1, y1, origin at the top left.
            unit: ``bbox`` for PDF points (pixels of a picture), ``fractions`` for page fractions.
            place: where it stands, for the message.

        Raises:
            UsageError: if these are not four numbers, or the page's size can't be read.
        """
        match corners:
            case [int() | float() as x0, int() | float() as y0, int() | float() as x1, int() | float() as y1]:
                pass
            case _:
                raise UsageError(f"{place}: a box is four numbers, x0, y0, x1, y1; found {corners!r}")
        size = (1.0, 1.0) if unit == "fractions" else self.size(file, page)
        if size is None:
            raise UsageError(
                f"{place}: the size of page {page} of {file} can't be read; give the box as page fractions "
                'under the key "fractions"'
            )
        return BBox.from_points(x0, y0, x1, y1, *size)


def _read_sizes(path: Path) -> _Sizes:
    kind = ENDINGS.get(path.suffix.lower(), "")
    if kind == PDF:
        return _pdf_sizes(path)
    return _picture_size(path) if kind.startswith("image/") else ()


def _pdf_sizes(path: Path) -> _Sizes:
    import pymupdf

    try:
        with pymupdf.open(path, filetype="pdf") as document:
            if document.needs_pass:
                return ()
            return tuple((page.rect.width, page.rect.height) for page in document)
    except (RuntimeError, ValueError):
        # An index run reports a damaged document with its reason; here its pages are just not known.
        return ()


def _picture_size(path: Path) -> _Sizes:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            frames = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF orientation: on its side
            width, height = picture.size[::-1] if turned else picture.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return ()
    return ((float(width), float(height)),) if frames == 1 else ()
