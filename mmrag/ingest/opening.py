"""From a file to the ingestor that reads it, with the checks that hold for every format."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from mmrag.config import IngestOptions
from mmrag.errors import TooLargeError, UnreadableError, UnsupportedError
from mmrag.ingest.attempts import FIRST, Attempt
from mmrag.ingest.base import Ingestor
from mmrag.ingest.engines import read
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
        after: pages that were read before and are left out.
        resume: what the last of them said about itself; see `mmrag.types.ParsedPage`.
        checksum: sha256 of its bytes, if known: bytes that have failed are not tried again by the same pool.
    """

    path: Path
    name: str
    media_type: str | None = None
    password: str | None = None
    after: int = 0
    resume: str = ""
    checksum: str = ""


class ResumableIngestor(Ingestor, Protocol):
    """An ingestor that can read on behind a page that its parser did not survive."""

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
        """As `Ingestor.open`, but the pages begin behind page ``after``, and those in ``skip`` are left out.

        Pages in ``skip`` broke a parser before and are not touched. ``resume`` is what page ``after`` said
        about itself, if it was read before. It is given only to an ingestor whose pages say something.
        """
        ...


def open_file(
    job: Job,
    options: IngestOptions,
    ingestors: Mapping[str, Ingestor],
    attempt: Attempt = FIRST,
) -> tuple[Document, Iterator[ParsedPage]]:
    """The document, and its pages in order, parsed in this process as they are asked for.

    Args:
        job: the file, and where to begin in it.
        options: limits and switches.
        ingestors: by media type.
        attempt: what came of earlier ones.

    Raises:
        IngestError: one of its subclasses, if the file can't be read at all.
    """
    try:
        size = job.path.stat().st_size
    except OSError as error:
        raise UnreadableError(f"{job.name} can't be opened: {error.strerror or error}") from error
    if size > options.max_file_mb * 1_000_000:
        raise TooLargeError(over_size(job.name, size, options))
    return read(_ingestor(job, options, ingestors), job, options, attempt)


def over_size(name: str, size: int, options: IngestOptions) -> str:
    """What is said of a file of too many bytes."""
    limit = f"{options.max_file_mb:,} MB (ingest.max_file_mb)"
    return f"{name} has {size / 1e6:,.0f} MB, over the limit of {limit}"


def renamed(reason: str, old: str, new: str) -> str:
    """What was said of the file ``old``, which messages name first, to be said of ``new``."""
    for before, after in ((old, new), (PurePosixPath(old).name, PurePosixPath(new).name)):
        if reason.startswith(before):
            return after + reason[len(before) :]
    return reason


def _ingestor(job: Job, options: IngestOptions, ingestors: Mapping[str, Ingestor]) -> Ingestor:
    """By the file's ending where the recipe names a reader for it, else by its content."""
    reader = options.readers.get(job.path.suffix.lower())
    if reader is not None:
        return load_reader(reader)
    media_type = job.media_type or sniff(job.path, job.name)
    if media_type not in ingestors:
        raise UnsupportedError(f"{job.name}: nothing here reads {media_type}")
    return ingestors[media_type]
