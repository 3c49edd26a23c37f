"""From a file to the ingestor that reads it, with the checks that hold for every format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

from mmrag.config import IngestOptions
from mmrag.errors import TooLargeError, UnreadableError, UnsupportedError
from mmrag.ingest.base import Ingestor
from mmrag.ingest.readers import load_reader
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


class ResumableIngestor(Ingestor, Protocol):
    """An ingestor that can read on behind a page that its parser did not survive."""

    def resume(
        self, path: Path, name: str, options: IngestOptions, password: str | None, after: int
    ) -> tuple[Document, Iterator[ParsedPage]]:
        """As `Ingestor.open`, but the pages begin behind page ``after``, which is not touched."""
        ...


def open_file(
    job: Job, options: IngestOptions, ingestors: Mapping[str, Ingestor], after: int = 0
) -> tuple[Document, Iterator[ParsedPage]]:
    """The document, and its pages in order, parsed in this process as they are asked for.

    Args:
        job: the file.
        options: limits and switches.
        ingestors: by media type.
        after: leave out the pages up to this one, which broke a parser before.

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
    ingestor = _ingestor(job, options, ingestors)
    if not after:
        return ingestor.open(job.path, job.name, options, job.password)
    if not hasattr(ingestor, "resume"):
        raise UnsupportedError(f"{job.name} can't be read from the middle")
    return cast("ResumableIngestor", ingestor).resume(job.path, job.name, options, job.password, after)


def _ingestor(job: Job, options: IngestOptions, ingestors: Mapping[str, Ingestor]) -> Ingestor:
    """By the file's ending where the recipe names a reader for it, else by its content."""
    reader = options.readers.get(job.path.suffix.lower())
    if reader is not None:
        return load_reader(reader)
    media_type = job.media_type or sniff(job.path, job.name)
    if media_type not in ingestors:
        raise UnsupportedError(f"{job.name}: nothing here reads {media_type}")
    return ingestors[media_type]
