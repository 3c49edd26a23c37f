"""Parquet files: which of a dataset's tables a file holds, and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmrag.errors import MissingExtraError, UsageError

CORPUS, QUERIES, QRELS, PAIRS = "corpus", "queries", "qrels", "pairs"
"""Pages; questions; which pages answer which; or each question with its page in one row."""

_ALIASES = {
    "corpus id": ("corpus-id", "corpus_id", "_id", "id"),
    "query id": ("query-id", "query_id", "_id", "id"),
    "asks": ("query", "text"),
    "document": ("doc-id", "doc_id"),
    "language": ("language", "lang"),
}
_AT_ONCE = 16  # pages: pictures of some megabytes each


@dataclass(frozen=True, slots=True)
class Record:
    """One row: its columns, and where it stands, for messages."""

    columns: Mapping[str, Any]
    place: str

    def get(self, *names: str) -> Any:
        """The first of these columns that has a value; aliases as of `_ALIASES` count."""
        for name in names:
            for alias in _ALIASES.get(name, (name,)):
                if self.columns.get(alias) is not None:
                    return self.columns[alias]
        return None

    def key(self, name: str) -> str:
        """The id of what is called so, ``corpus`` or ``query``, as text.

        Raises:
            UsageError: if it is missing.
        """
        value = self.get(f"{name} id")
        if value is None:
            raise UsageError(f"{self.place}: there is no {name} id")
        return str(value)


def sorted_tables(files: Sequence[Path]) -> dict[str, list[Path]]:
    """The files by the table that they hold; files of other tables are left out.

    Where a table has a test split, its other splits are left out.

    Raises:
        MissingExtraError: if pyarrow is not installed. UsageError: if a file is no parquet file.
    """
    tables: dict[str, list[Path]] = {}
    for path in sorted(files):
        table = _table(path, _columns(path))
        if table:
            tables.setdefault(table, []).append(path)
    for table, paths in tables.items():
        test = [path for path in paths if "test" in (path.name.split("-")[0].split(".")[0], path.parent.name)]
        tables[table] = test or paths
    return tables


def records(paths: Iterable[Path]) -> Iterator[Record]:
    """The rows of parquet files, one after another, a few in memory at once.

    Raises:
        UsageError: if a file can't be read.
    """
    for path in paths:
        number = 0
        file = _open(path)
        with file:
            for batch in file.iter_batches(_AT_ONCE):
                for columns in batch.to_pylist():
                    number += 1
                    yield Record(columns, f"{path}, row {number}")


def _table(path: Path, columns: frozenset[str]) -> str:
    """By the columns; where these could be either, by the name of the folder."""
    if {"query-id", "corpus-id"} <= columns or {"query_id", "corpus_id"} <= columns:
        return QRELS
    if {"query", "image"} <= columns:
        return PAIRS
    if columns & {"image", "text"} and columns & {"corpus-id", "corpus_id"}:
        return CORPUS
    if "query" in columns and columns & set(_ALIASES["query id"]):
        return QUERIES
    if columns & {"_id", "id"} and columns & {"image", "text"}:
        for folder in (path.parent.name, path.stem):
            for table in (CORPUS, QUERIES):
                if table in folder:
                    return table
    return ""


def _columns(path: Path) -> frozenset[str]:
    with _open(path) as file:
        return frozenset(file.schema_arrow.names)


def _open(path: Path) -> Any:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError(f"reading {path.name}", "pyarrow", "bench") from error
    try:
        return pyarrow.parquet.ParquetFile(path)
    except (OSError, pyarrow.ArrowException) as error:
        reason = " ".join(str(error).split())[:200]
        raise UsageError(f"{path} can't be read as a parquet file: {reason}") from error
