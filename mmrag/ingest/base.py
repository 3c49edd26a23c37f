"""The ingestor seam: a path becomes a document and a stream of parsed pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from mmrag.config import IngestOptions
from mmrag.types import Document, ParsedPage

PAGES_A_RANGE = 256
"""After so many pages, and so many again, an ingestor that can be taken up there says so in ``resume``."""


class Ingestor(Protocol):
    """Reads one family of formats. Stateless: one instance reads many files, one after the other.

    ``version`` goes into the fingerprint: it changes when the same file would yield other elements.
    """

    media_types: frozenset[str]
    version: str

    def open(
        self, path: Path, name: str, options: IngestOptions, password: str | None = None
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """The document, and its pages in order, parsed as they are asked for.

        Args:
            path: the file.
            name: its path relative to the indexed root, with forward slashes.
            options: limits and switches.
            password: of an encrypted file.

        Raises:
            IngestError: one of its subclasses, if the file can't be read at all. A page that can't be
                read is yielded with its ``error`` set and never raises.
        """
        ...
