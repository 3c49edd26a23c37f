"""``llama-index:`` as an ingestor: what a reader of LlamaIndex makes of a file becomes pages and elements."""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from mmrag.config import IngestOptions
from mmrag.errors import DamagedError, IngestError, UnreadableError, UnsupportedError
from mmrag.ingest.building import PageBuilder
from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.html import from_html
from mmrag.ingest.markup.ingestor import add_block
from mmrag.ingest.markup.markdown import from_markdown
from mmrag.ingest.markup.pictures import PictureFinder
from mmrag.ingest.markup.plain import from_plain
from mmrag.ingest.markup.sections import Section, to_sections
from mmrag.llama_index.part import Part
from mmrag.types import Document, Kind, Page, ParsedPage

_BASE = "llama_index.core.readers.base:BaseReader"
_LABELS = ("page_label", "page_number", "page")
_OF_THE_FILE = ("file_path", "file_name", "filename", "file_type", "file_size", "source", "total_pages")
_PARSERS = {"text/markdown": from_markdown, "text/html": from_html}
_TABLE = re.compile(r"^\s*\|?\s*:?-{3,}:?\s*(?:\|\s*:?-{3,}:?\s*)+\|?\s*$", re.MULTILINE)
_SPARSE = 2, 100  # page numbers go at most so far beyond the pages that there are: twice, and a hundred


@dataclass(frozen=True, slots=True)
class _Numbered:
    """One page: its number, what the file calls it, and its sections."""

    number: int
    label: str
    sections: Sequence[Section]


class ReaderIngestor:
    """Reads whatever the reader reads; see `mmrag.ingest.base.Ingestor`.

    Where all of the reader's documents say which page they are of, those are the pages; else the text is cut
    into sections. Boxes and page sizes are not told, so they are unknown. Pictures inside the reader's
    documents become figures; one that is a file has to lie below the indexed root.

    Args:
        name: ``package.module:Class?key=value``, see `mmrag.llama_index.part.Part`.
    """

    media_types: frozenset[str] = frozenset()  # it takes files by their ending
    version = "llama-index-1"

    def __init__(self, name: str) -> None:
        self._part = Part(name, _BASE, "reader")

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and its pages in order. The reader reads the whole file here.

        Raises:
            UnreadableError: if the file can't be read.
            UnsupportedError: if the reader needs a package that is not installed.
            DamagedError: if the reader fails.
            SpecError, ModelError: if there is no such reader, or it can't be made.
        """
        return self.resume(path, name, options, password, 0)

    def resume(
        self,
        path: Path,
        name: str,
        options: IngestOptions,
        password: str | None,
        after: int,
        resume: str = "",
        skip: Container[int] = (),
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """As `open`, but the pages begin behind number ``after``, and those in ``skip`` are left out."""
        try:
            data = path.read_bytes()
        except OSError as error:
            raise UnreadableError(f"{name} can't be read: {error.strerror or error}") from error
        found = self._documents(path, name)
        labels = [_label(one) for one in found]
        numbers = _numbers(labels)
        pages = _sections(found) if numbers is None else _pages(found, numbers)
        told = _common(found)
        document = Document(
            id=hashlib.sha256(data).hexdigest(),
            path=name,
            media_type=mimetypes.guess_type(name)[0] or "application/octet-stream",
            title=str(told.pop("title", "")),
            page_count=len(pages),
            paged=numbers is not None,
            metadata=told,
        )
        wanted = [page for number, page in enumerate(pages, 1) if number > after and number not in skip]
        return document, _parsed(document, wanted, PictureFinder(path, name, options))

    def _documents(self, path: Path, name: str) -> list[Any]:
        reader = self._part.made
        try:
            # By position: readers call their first argument by many names.
            return list(reader.load_data(path))
        except IngestError:
            raise
        except ImportError as error:
            raise UnsupportedError(f"{name}: {self._part.spec} lacks a package: {_line(error)}") from error
        except OSError as error:
            raise UnreadableError(f"{name} can't be read by {self._part.spec}: {_line(error)}") from error
        except Exception as error:  # whatever a reader raises
            raise DamagedError(f"{name} can't be read by {self._part.spec}: {_line(error)}") from error


def _label(document: Any) -> str:
    # PyMuPDFReader calls the page its source, and tells how many there are.
    labels = (*_LABELS, "source") if "total_pages" in document.metadata else _LABELS
    values = (document.metadata.get(key) for key in labels)
    return next((str(value).strip() for value in values if isinstance(value, (str, int)) and value != ""), "")


def _numbers(labels: Sequence[str]) -> list[tuple[int, str]] | None:
    """The number and label of each document's page; ``None`` where some do not say theirs.

    Labels that are rising numbers are the numbers. Others ("xii", "A-3") are kept beside the position.
    """
    if not labels or not all(labels):
        return None
    runs = [label for label, _ in groupby(labels)]
    told = [int(label) if label.isascii() and label.isdigit() else 0 for label in runs]
    most = _SPARSE[0] * len(told) + _SPARSE[1]
    rising = all(first < second for first, second in zip([0, *told], told, strict=False))
    if rising and told[-1] <= most:
        by_run = [(number, "") for number in told]
    else:
        by_run = [(position, label) for position, label in enumerate(runs, 1)]
    return [place for place, (_, run) in zip(by_run, groupby(labels), strict=True) for _ in run]


def _pages(documents: Sequence[Any], numbers: Sequence[tuple[int, str]]) -> list[_Numbered]:
    """Every page from 1 to the last: those that no document is of are empty."""
    pages: list[_Numbered] = []
    for (number, label), group in groupby(zip(numbers, documents, strict=True), key=lambda pair: pair[0]):
        pages += [_Numbered(empty, "", ()) for empty in range(len(pages) + 1, number)]
        blocks = [block for _, document in group for block in _blocks(document)]
        pages.append(_Numbered(number, label, to_sections(blocks)))
    return pages


def _sections(documents: Iterable[Any]) -> list[_Numbered]:
    found = [section for document in documents for section in to_sections(_blocks(document))]
    return [_Numbered(number, section.label, [section]) for number, section in enumerate(found, 1)]


def _blocks(document: Any) -> list[Block]:
    text = document.text_resource.text if document.text_resource is not None else None
    blocks: list[Block] = []
    if text:
        kind = document.text_resource.mimetype or ("text/markdown" if _TABLE.search(text) else "")
        blocks += _PARSERS.get(kind, from_plain)(text).blocks
    source = _source(document.image_resource)
    return [*blocks, Block(Kind.FIGURE, "", source=source)] if source else blocks


def _source(picture: Any) -> str:
    """Where a picture is: a data URI, or that of a file; nothing is fetched."""
    if picture is None:
        return ""
    if picture.data:
        kind = picture.mimetype or "image/png"
        return f"data:{kind};base64,{base64.b64encode(base64.b64decode(picture.data)).decode('ascii')}"
    return Path(picture.path).resolve().as_uri() if picture.path else ""


def _common(documents: Sequence[Any]) -> dict[str, str | int | float | bool]:
    """What all documents of the reader say alike about the file, but for what mmrag knows itself."""
    if not documents:
        return {}
    first, rest = documents[0].metadata, documents[1:]
    return {
        str(key): value
        for key, value in first.items()
        if isinstance(value, (str, int, float, bool))
        and key not in (*_LABELS, *_OF_THE_FILE)
        and all(document.metadata.get(key) == value for document in rest)
    }


def _parsed(document: Document, pages: Iterable[_Numbered], pictures: PictureFinder) -> Iterator[ParsedPage]:
    for page in pages:
        builder = PageBuilder(Page(document.id, page.number, label=page.label))
        for section in page.sections:
            for block, above in section.blocks:
                add_block(builder, block, above, pictures)
        yield builder.parsed()


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
