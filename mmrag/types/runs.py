"""What an index run does with the files of its folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Status(StrEnum):
    """What became of a file in a run."""

    INDEXED = "indexed"
    UNCHANGED = "unchanged"
    PARTLY = "partly"
    REMOVED = "removed"
    EMPTY = "empty"
    ENCRYPTED = "encrypted"
    DAMAGED = "damaged"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too large"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"
    UNREADABLE = "unreadable"

    @property
    def skipped(self) -> bool:
        """Whether the file's content is missing from the index, wholly or in part."""
        return self not in (Status.INDEXED, Status.UNCHANGED, Status.REMOVED)


@dataclass(frozen=True, slots=True)
class FileReport:
    """What became of one file: relative path, status, and the reason in one line."""

    path: str
    status: Status
    reason: str = ""
    pages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an index run stands.

    Attributes:
        stage: ``scan`` (hashing files), ``read`` (parsing and embedding), ``lay`` (a new view over what was
            parsed before), ``write`` (derived files).
        file: relative path of the file at hand; empty if none.
        files_done, files_total: files finished so far, of those that need work.
        pages_done, pages_total: pages finished so far, and known so far; the total grows as files are opened.
    """

    stage: str
    file: str
    files_done: int
    files_total: int
    pages_done: int
    pages_total: int


@dataclass(frozen=True, slots=True)
class Report:
    """The closing report of an index run.

    Attributes:
        files: one line a file, in the order of their paths.
        documents, pages, figures, tables: what the index holds after the run.
        chunks: embedded pieces in the index after the run.
        encoded: chunks, pictures and pages that this run embedded.
        seconds: wall-clock seconds of the run.
        views: the strategies whose views the index has.
        described: pictures that captioners described in this run; ``described_before`` were taken from what
            was said earlier, ``not_described`` failed.
        tokens: of captioners in this run, by direction (``in``, ``out``); empty where no model counts them.
        cost: of these tokens, in the unit of the recipe's prices; 0 where it gives none.
    """

    files: tuple[FileReport, ...]
    documents: int
    pages: int
    figures: int
    tables: int
    chunks: int
    encoded: int
    seconds: float
    views: tuple[str, ...] = ()
    described: int = 0
    described_before: int = 0
    not_described: int = 0
    tokens: Mapping[str, int] = field(default_factory=dict)
    cost: float = 0.0

    @property
    def skipped(self) -> tuple[FileReport, ...]:
        """The files that were not read, or only in part."""
        return tuple(file for file in self.files if file.status.skipped)
