"""The PDF ingestor: a file becomes a document and a stream of parsed pages.

Loads PyMuPDF only when a file is opened.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.types import Document, ParsedPage

PDF_VERSION = "pdf-7"


class PdfIngestor:
    """Reads PDF files; see `mmrag.ingest.base.Ingestor`.

    Not for use from several threads: MuPDF is not thread-safe.
    """

    media_types = frozenset({"application/pdf"})
    version = PDF_VERSION

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and its pages in order, parsed as they are asked for.

        The file stays open until the pages are exhausted or the iterator is closed.

        Raises:
            DamagedError: if the file is empty, broken, not a PDF, or has no pages.
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
        """As `open`, but the pages begin behind page ``after``, and those in ``skip`` are not touched.

        With what page ``after`` said about itself in ``resume`` they are those of an undisturbed reading;
        without it the section path begins anew there.
        """
        from mmrag.ingest.pdf.opening import describe, open_pdf
        from mmrag.ingest.pdf.reader import Reader

        document = open_pdf(path, password)
        try:
            described = describe(document, path, name)
            reader = Reader(document, described.id, options)
        except Exception:
            document.close()
            raise
        return described, reader.pages(after, resume, skip)
