"""The documents of a dataset: whether they are there, how many pages they have, and how large these are."""

from __future__ import annotations

import difflib
from functools import cached_property
from pathlib import Path

from mmrag.benchmark.datasets.reading import shown
from mmrag.errors import UsageError
from mmrag.ingest.sniff import ENDINGS, PDF

_Sizes = tuple[tuple[float, float], ...]

_MOST_FILES = 2_000  # among which a slip of the pen is looked for


class Corpus:
    """A folder of documents, or one document.

    Attributes:
        place: the folder or the file. folder: that the paths of documents are relative to.

    Raises:
        UsageError: if it is not there, or a folder without a file.
    """

    def __init__(self, place: Path) -> None:
        if not place.exists():
            raise UsageError(f"there is no folder {place} for the dataset's documents")
        self.place = place
        self.folder = place.parent if place.is_file() else place
        self._sizes: dict[str, _Sizes] = {}
        self._meant: dict[str, str] = {}
        if not self.files:
            raise UsageError(
                f"there are no documents in {place}: put those there that the questions are about"
            )

    @cached_property
    def files(self) -> frozenset[str]:
        """Relative paths of all files, with forward slashes."""
        if self.place.is_file():
            return frozenset((self.place.name,))
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return frozenset(path.relative_to(self.folder).as_posix() for path in found)

    def fault(self, file: str, page: int) -> str:
        """What is wrong with naming a page: no such document or page; empty if it is there.

        Where pages can't be counted, as in text, which has none, any number is taken.
        """
        if file not in self.files:
            near = self._near(file)
            meant = f"; did you mean {near!r}?" if near else ""
            return f"there is no document {shown(file)} in {self.place}{meant}"
        sizes = self.sizes(file)
        if page < 0 or (sizes and page > len(sizes)):
            count = f", it has {len(sizes)}" if sizes else ""
            return f"{file} has no page {page}{count}; pages count from 1"
        return ""

    def size(self, file: str, page: int) -> tuple[float, float] | None:
        """Width and height of a page as shown: PDF points, pixels of a picture; ``None`` where unknown."""
        sizes = self.sizes(file)
        return sizes[page - 1] if 0 < page <= len(sizes) else None

    def sizes(self, file: str) -> _Sizes:
        """Width and height of every page; nothing where the document has no pages or can't be opened."""
        if file not in self._sizes:
            self._sizes[file] = _read_sizes(self.folder / file)
        return self._sizes[file]

    def _near(self, file: str) -> str:
        if file not in self._meant:
            self._meant[file] = self._nearest(file)
        return self._meant[file]

    def _nearest(self, file: str) -> str:
        name = file.replace("\\", "/").rpartition("/")[2].casefold()
        same = sorted(other for other in self.files if other.rpartition("/")[2].casefold() == name)
        if same or len(self.files) > _MOST_FILES:
            return same[0] if same else ""
        return next(iter(difflib.get_close_matches(file, sorted(self.files), n=1, cutoff=0.8)), "")


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

    from mmrag.pictures import FORMATS

    try:
        with Image.open(path, formats=FORMATS) as picture:
            frames = getattr(picture, "n_frames", 1) if picture.format == "TIFF" else 1
            turned = picture.getexif().get(0x0112, 1) in (5, 6, 7, 8)  # EXIF orientation: on its side
            width, height = picture.size[::-1] if turned else picture.size
    except (OSError, ValueError, Image.DecompressionBombError):
        return ()
    return ((float(width), float(height)),) if frames == 1 else ()
