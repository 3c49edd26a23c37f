"""The ingestor over pdfium. Loads it only when a file is opened."""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.types import Document, ParsedPage


class PdfiumIngestor:
    """Reads PDF files with pdfium; see `mmrag.ingest.base.Ingestor`.

    Words, their boxes and pictures go through the same assembly as those of the first engine; what it learns
    from drawn lines is missing. Every element says ``engine: pdfium``.
    """

    media_types = frozenset({"application/pdf"})
    version = "pdfium-2"

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and its pages in order, parsed as they are asked for.

        Raises:
            DamagedError: if the file is broken or has no pages.
            EncryptedError: if a password is needed or wrong.
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
        """As `mmrag.ingest.opening.ResumableIngestor.resume`; nothing is taken from ``resume``."""
        from mmrag.ingest.pdfium.opening import describe_pdfium, open_pdfium
        from mmrag.ingest.pdfium.reader import PdfiumReader

        document = open_pdfium(path, password)
        try:
            described = describe_pdfium(document, path, name)
            reader = PdfiumReader(document, described.id, options)
        except Exception:
            document.close()
            raise
        return described, reader.pages(after, skip)
