"""A document too long for one transaction, kept range of pages by range until all of it is there.

Each range is a small database of the truth's own schema, written beside, synced, and renamed to a name that
holds its checksum. No reader looks at it. When the last range is there, one transaction takes all of them
into the truth in the place of what the document's path held before.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmrag.errors import CorruptError
from mmrag.index.files import sha256_of, write_atomically
from mmrag.index.merging import merge, merge_views
from mmrag.index.writer import LACKING, Writer
from mmrag.types import Document, Element

FOLDER = "staged"

_RANGE = "range"
_VIEWS = "views-"
_Merge = Callable[[sqlite3.Connection, Writer, int], list[tuple[str, str]]]


class RangeWriter(Writer):
    """Takes one range of a document's pages, as a `Writer` takes a whole one.

    Pictures go to the index; vectors that the truth has are taken from there.

    Args:
        file: to be made.
        truth: the index that the range is for.
    """

    def __init__(self, file: Path, truth: Writer) -> None:
        self.path = truth.path
        self.file = file
        self._truth = truth
        self.connection = sqlite3.connect(file, isolation_level=None)
        # The file counts for nothing before it is whole, synced and renamed.
        self.connection.execute("PRAGMA journal_mode = MEMORY")
        self.connection.execute("PRAGMA synchronous = OFF")
        self.connection.executescript((Path(__file__).parent / "schema.sql").read_text(encoding="utf-8"))
        self.connection.execute("BEGIN")

    def known_vectors(self, encoder: int, keys: Iterable[bytes]) -> dict[bytes, int]:
        """As `Writer.known_vectors`."""
        keys = list(keys)
        found = super().known_vectors(encoder, keys)
        query = "SELECT fingerprint FROM encoders WHERE row = ?"
        (fingerprint,) = self.connection.execute(query, (encoder,)).fetchone()
        for key in keys:
            known = None if key in found else self._truth.vector(fingerprint, key)
            if known is not None:
                found[key] = self.put_vector(encoder, key, known)
        return found

    def close(self) -> None:
        """Close the file; what was not kept is gone."""
        self.connection.close()
        self.file.unlink(missing_ok=True)


class ViewWriter(RangeWriter):
    """Takes views over a range of pages that the truth has: all rows of pages and elements are the truth's.

    Args:
        file: to be made.
        truth: the index that the range is for.
        document: that the pages are of.
    """

    def __init__(self, file: Path, truth: Writer, document: Document) -> None:
        super().__init__(file, truth)
        self.add_document(document)

    def asset(self, asset_id: str) -> Path:
        """As `Reader.asset`."""
        return self._truth.asset(asset_id)

    def describe_element(self, row: int, element: Element, text: str) -> None:
        """As `Writer.describe_element`."""
        held = self._truth.connection.execute("SELECT * FROM elements WHERE row = ?", (row,)).fetchone()
        marks = ", ".join("?" * len(held))
        self.connection.execute(f"INSERT OR IGNORE INTO elements VALUES ({marks})", held)
        super().describe_element(row, element, text)


@dataclass(frozen=True, slots=True)
class _Range:
    file: Path
    last: int
    resume: str | None


class Staging:
    """What has been read of one long document, in the order of its pages.

    Ranges that were made otherwise, or that are damaged, are removed with all behind them.

    Args:
        index: the folder of the index.
        content: sha256 of the document's bytes.
        fingerprint: of all that shapes its pages, elements and vectors.
    """

    def __init__(self, index: Path, content: str, fingerprint: Mapping[str, str]) -> None:
        self._folder = index / FOLDER / content
        self._fingerprint = dict(fingerprint)
        self._ranges: list[_Range] = []
        for file in sorted(self._folder.glob("*")):
            found = self._range(file)
            if found is None:
                file.unlink()
            else:
                self._ranges.append(found)

    @property
    def after(self) -> int:
        """The last page that is there; 0 if there is none."""
        return self._ranges[-1].last if self._ranges else 0

    @property
    def resume(self) -> str:
        """What that page said about itself; see `mmrag.types.ParsedPage`."""
        return (self._ranges[-1].resume or "") if self._ranges else ""

    def begin(self, truth: Writer) -> RangeWriter:
        """What takes the next range; to be closed, whatever happens."""
        return RangeWriter(self._new(), truth)

    def _new(self) -> Path:
        self._folder.mkdir(parents=True, exist_ok=True)
        return self._folder / f".{uuid.uuid4().hex}.tmp"

    def keep(self, writer: RangeWriter, last: int, resume: str | None) -> None:
        """The range ends with page ``last``, which says ``resume`` about itself."""
        made = {"first": self.after + 1, "last": last, "resume": resume, "made_by": self._fingerprint}
        writer.set(_RANGE, made)
        writer.connection.execute("COMMIT")
        writer.connection.close()
        file = self._folder / f"{last:08}.{sha256_of(writer.file)}.sqlite"
        write_atomically(file, lambda temporary: _move(writer.file, temporary))
        self._ranges.append(_Range(file, last, resume))

    def merge(self, truth: Writer, document: Document) -> int:
        """Put the document in the place of what its path held. Inside ``with truth.writing():``.

        Returns:
            The document's row.

        Raises:
            CorruptError: if what was kept has been damaged meanwhile.
        """
        truth.remove_document(document.path)
        row = truth.add_document(document)
        self._merge(truth, row, merge)
        truth.set_page_count(row, self.after)
        return row

    def _merge(self, truth: Writer, row: int, one: _Merge) -> None:
        lacking: dict[str, list[str]] = {}
        for part in self._ranges:
            if not _is_whole(part.file):
                raise CorruptError(f"{part.file} is damaged: the same command reads those pages again")
            source = _open(part.file)
            try:
                for view, error in one(source, truth, row):
                    lacking.setdefault(view, []).append(error)
            finally:
                source.close()
        for view, errors in lacking.items():
            truth.mark_laid(row, [view], "; ".join(filter(None, errors)))

    def drop(self) -> None:
        """Remove what is kept."""
        self._ranges = []
        shutil.rmtree(self._folder, ignore_errors=True)

    def _range(self, file: Path) -> _Range | None:
        """What a file holds, if it goes on where the ranges so far end."""
        if not _is_whole(file):
            return None
        source = _open(file)
        try:
            (value,) = source.execute("SELECT value FROM meta WHERE key = ?", (_RANGE,)).fetchone()
            made: dict[str, Any] = json.loads(value)
            return _Range(file, made["last"], made["resume"]) if self._fits(source, made) else None
        finally:
            source.close()

    def _fits(self, source: sqlite3.Connection, made: Mapping[str, Any]) -> bool:
        return bool(made["made_by"] == self._fingerprint and made["first"] == self.after + 1)


class ViewStaging(Staging):
    """What has been laid over the pages of one long document, by which a view is still to be laid.

    Args:
        truth: the index.
        row: the document's, in it. document: itself.
        views: to be laid.
        fingerprint: of all that shapes them.
        retry: whether ranges that lack something, which could not be described or drawn, are laid again.
    """

    def __init__(
        self,
        truth: Writer,
        row: int,
        document: Document,
        views: Sequence[str],
        fingerprint: Mapping[str, str],
        *,
        retry: bool = False,
    ) -> None:
        self._retry = retry
        self._document = document
        # A salvaged database is another one, in which rows may stand for others.
        place = {"database": truth.sealed.index, "document": document.id, "views": " ".join(views)}
        super().__init__(truth.path, f"{_VIEWS}{row}", {**fingerprint, **place})

    def begin(self, truth: Writer) -> ViewWriter:
        """As `Staging.begin`."""
        return ViewWriter(self._new(), truth, self._document)

    def merge_over(self, truth: Writer, row: int) -> None:
        """Let the document in this row have the views. Inside ``with truth.writing():``.

        Raises:
            CorruptError: if what was kept has been damaged meanwhile.
        """
        self._merge(truth, row, merge_views)

    def _fits(self, source: sqlite3.Connection, made: Mapping[str, Any]) -> bool:
        lacking = source.execute(f"SELECT 1 FROM views WHERE {LACKING} LIMIT 1").fetchone()
        return super()._fits(source, made) and not (self._retry and lacking)


def drop_others(index: Path, wanted: Collection[str]) -> None:
    """Remove what is kept of documents other than those of the content ``wanted`` (sha256 of their bytes)."""
    _drop(index, lambda name: not name.startswith(_VIEWS) and name not in wanted)


def drop_views(index: Path, wanted: Collection[int]) -> None:
    """Remove what is kept of views over documents other than those in the rows ``wanted``."""
    names = {f"{_VIEWS}{row}" for row in wanted}
    _drop(index, lambda name: name.startswith(_VIEWS) and name not in names)


def _drop(index: Path, is_left: Callable[[str], bool]) -> None:
    for folder in (index / FOLDER).glob("*"):
        if is_left(folder.name):
            shutil.rmtree(folder, ignore_errors=True)


def kept(index: Path, *, views: bool) -> dict[str, int]:
    """The last page that is kept of each document, by its path: of what was read, or of ``views`` over it."""
    found = {}
    for folder in sorted((index / FOLDER).glob("*")):
        if folder.name.startswith(_VIEWS) != views:
            continue
        ranges = [file for file in sorted(folder.glob("[0-9]*.sqlite")) if _is_whole(file)]
        if ranges:
            with closing(_open(ranges[-1])) as source:
                found[source.execute("SELECT path FROM documents").fetchone()[0]] = _last_page(ranges[-1])
    return found


def _is_whole(file: Path) -> bool:
    return file.is_file() and sha256_of(file) == file.name.split(".")[1]


def _last_page(file: Path) -> int:
    return int(file.name.split(".")[0])


def _open(file: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


def _move(source: Path, target: Path) -> None:
    source.replace(target)
