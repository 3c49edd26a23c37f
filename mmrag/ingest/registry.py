"""Which ingestor reads which kind of file, known without loading any of them."""

from __future__ import annotations

import importlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from mmrag.config import IngestOptions
from mmrag.errors import UnsupportedError
from mmrag.ingest.base import Ingestor
from mmrag.ingest.opening import ResumableIngestor
from mmrag.ingest.sniff import BMP, GIF, HTML, JPEG, MARKDOWN, PDF, PLAIN, PNG, TIFF, WEBP
from mmrag.types import Document, ParsedPage
from mmrag.vision.ocr import OCR_VERSION
from mmrag.vision.sessions import limit_other_sessions


@dataclass(slots=True)
class LazyIngestor:
    """An `Ingestor` whose module, with the parser library behind it, is imported when it first opens a file.

    ``media_types`` and ``version`` are stated here because an index is compared with them on every run,
    most of which parse nothing. ``makes_sessions`` says that its library loads ONNX models of its own.
    ``second`` gets one try at what the first can't do; see `mmrag.ingest.engines`. ``engine`` is what people
    call the library.
    """

    place: str
    media_types: frozenset[str]
    version: str
    makes_sessions: bool = False
    engine: str = ""
    second: LazyIngestor | None = None

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """As `Ingestor.open`."""
        return self.load().open(path, name, options, password)

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
        """As `ResumableIngestor.resume`.

        Raises:
            UnsupportedError: if the ingestor can't do that.
        """
        ingestor = self.load()
        if not hasattr(ingestor, "resume"):
            raise UnsupportedError(f"{name} can't be read from the middle")
        return cast("ResumableIngestor", ingestor).resume(path, name, options, password, after, resume, skip)

    def load(self) -> Ingestor:
        """The ingestor itself."""
        if self.makes_sessions:
            limit_other_sessions()
        module, _, name = self.place.partition(":")
        made: Ingestor = getattr(importlib.import_module(module), name)()
        return made


_PDFIUM = LazyIngestor(
    "mmrag.ingest.pdfium:PdfiumIngestor", frozenset({PDF}), "pdfium-2", makes_sessions=True, engine="pdfium"
)

INGESTORS: tuple[LazyIngestor, ...] = (
    LazyIngestor(
        "mmrag.ingest.pdf:PdfIngestor",
        frozenset({PDF}),
        "pdf-7",
        makes_sessions=True,
        engine="MuPDF",
        second=_PDFIUM,
    ),
    LazyIngestor(
        "mmrag.ingest.pictures:PictureIngestor",
        frozenset({PNG, JPEG, WEBP, TIFF, BMP, GIF}),
        "pictures-2",
    ),
    LazyIngestor("mmrag.ingest.markup:MarkupIngestor", frozenset({HTML, MARKDOWN, PLAIN}), "markup-4"),
)

INGEST_VERSION = " ".join([*(ingestor.version for ingestor in INGESTORS), OCR_VERSION])
"""The part of an index's fingerprint that says how files were read."""


def ingestors() -> dict[str, Ingestor]:
    """From media types to the ingestor that reads them. Loads no parser library."""
    return {media_type: ingestor for ingestor in INGESTORS for media_type in sorted(ingestor.media_types)}
