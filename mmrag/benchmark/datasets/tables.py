"""Parquet files: which of a dataset's tables a file holds, and its rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmrag.benchmark.datasets.reading import Faults, Line
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
_NAMED = 4  # files in a message
_AT_ONCE = 16  # pages: pictures of some megabytes each


class Record(Line):
    """One row of a table.

    Attributes:
        columns: by name.
    """

    def __init__(self, columns: Mapping[str, Any], place: str, faults: Faults) -> None:
        super().__init__(place, faults)
        self.columns = columns

    def get(self, *names: str) -> Any:
        """The first of these columns that has a value; aliases as of `_ALIASES` count."""
        for name in names:
            for alias in _ALIASES.get(name, (name,)):
                if self.columns.get(alias) is not None:
                    return self.columns[alias]
        return None

    def key(self, name: str) -> str:
        """The id of what is called so, ``corpus`` or ``query``; empty, and noted, if it is missing."""
        value = self.get(f"{name} id")
        if value is None:
            self.wrong(f"there is no {name} id")
        return "" if value is None else str(value)


def sorted_tables(files: Sequence[Path]) -> dict[str, list[Path]]:
    """The files by the table that they hold; files of other tables are left out.

    Where a table has a test split, its other splits are left out.

    Raises:
        MissingExtraError: if pyarrow is not installed. UsageError: if a file is no parquet file.
    """
    tables: dict[str, list[Path]] = {}
    for path in sorted(files):
        table = _table(path, columns_in(path))
        if table:
            tables.setdefault(table, []).append(path)
    for table, paths in tables.items():
        test = [path for path in paths if "test" in (path.name.split("-")[0].split(".")[0], path.parent.name)]
        tables[table] = test or paths
    return tables


def columns_of(files: Sequence[Path]) -> str:
    """Which columns the files have, for a message: ``test.parquet has question, image``."""
    said = [f"{path.name} has {', '.join(sorted(columns_in(path))) or 'none'}" for path in files[:_NAMED]]
    more = [f"and {len(files) - _NAMED:,} files more"] if len(files) > _NAMED else []
    return ", ".join((*said, *more))


def records(paths: Iterable[Path], faults: Faults) -> Iterator[Record]:
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
                    yield Record(columns, f"{path}, row {number}", faults)


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


def columns_in(path: Path) -> frozenset[str]:
    """Names of the columns of a parquet file.

    Raises:
        MissingExtraError: if pyarrow is not installed. UsageError: if it is no parquet file.
    """
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
