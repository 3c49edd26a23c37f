"""From a file to the ingestor that reads it, with the checks that hold for every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from mmrag.config import IngestOptions
from mmrag.errors import TooLargeError, UnreadableError, UnsupportedError
from mmrag.ingest.base import Ingestor
from mmrag.ingest.sniff import sniff
from mmrag.types import Document, ParsedPage


@dataclass(frozen=True, slots=True)
class Job:
    """One file to parse.

    Attributes:
        path: the file.
        name: its path relative to the indexed root, with forward slashes.
        media_type: what it holds; found from its content if ``None``.
        password: of an encrypted file.
    """

    path: Path
    name: str
    media_type: str | None = None
    password: str | None = None


def open_file(
    job: Job, options: IngestOptions, ingestors: Mapping[str, Ingestor]
) -> tuple[Document, Iterator[ParsedPage]]:
    """The document, and its pages in order, parsed in this process as they are asked for.

    Raises:
        IngestError: one of its subclasses, if the file can't be read at all.
    """
    try:
        size = job.path.stat().st_size
    except OSError as error:
        raise UnreadableError(f"{job.name} can't be opened: {error.strerror or error}") from error
    if size > options.max_file_mb * 1_000_000:
        raise TooLargeError(
            f"{job.name} has {size / 1e6:,.0f} MB, over the limit of {options.max_file_mb:,} MB "
            "(ingest.max_file_mb)"
        )
    media_type = job.media_type or sniff(job.path, job.name)
    if media_type not in ingestors:
        raise UnsupportedError(f"{job.name}: nothing here reads {media_type}")
    return ingestors[media_type].open(job.path, job.name, options, job.password)
