"""Reading datasets' files line by line, with errors that name the line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmrag.errors import UsageError


@dataclass(frozen=True, slots=True)
class Row:
    """One record of a file: its fields, and where it stands, for messages."""

    fields: dict[str, Any]
    place: str

    def text(self, name: str, default: str | None = None) -> str:
        """A field that holds a text; a whole number is taken for one.

        Raises:
            UsageError: if it is missing without a default, or holds something else.
        """
        value = self.fields.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            found = "nothing" if value is None else repr(value)
            raise UsageError(f"{self.place}: {name} must be a text, found {found}")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that holds a list of texts; none where it is missing.

        Raises:
            UsageError: if it holds something else.
        """
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise UsageError(f"{self.place}: {name} must be a list of texts, found {value!r}")
        return tuple(value)


def json_rows(path: Path) -> Iterator[Row]:
    """The objects of a JSON lines file; empty lines are passed over.

    Raises:
        UsageError: if the file can't be read, or a line is not a JSON object.
    """
    for number, line in _lines(path):
        place = f"{path}, line {number}"
        try:
            fields = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{place}: not JSON ({error})") from error
        if not isinstance(fields, dict):
            raise UsageError(f"{place}: must be a JSON object, found {type(fields).__name__}")
        yield Row(fields, place)


@dataclass(frozen=True, slots=True)
class Judgement:
    """One line of qrels: how well a thing answers a query, and where that stands."""

    query: str
    what: str
    grade: int
    place: str


def judgements(path: Path) -> Iterator[Judgement]:
    """The lines of qrels: query, (iteration,) what is judged, grade; separated by tabs.

    TREC's four columns and BEIR's three with their header are both read; TREC's may be separated by blanks.

    Raises:
        UsageError: if the file can't be read, or a line is none of these.
    """
    for number, line in _lines(path):
        place = f"{path}, line {number}"
        columns = line.split("\t") if "\t" in line else line.split()
        if number == 1 and columns[:2] == ["query-id", "corpus-id"]:
            continue
        if len(columns) not in (3, 4):
            raise UsageError(
                f"{place}: wanted query, 0, file#page and grade with tabs between, found {line.strip()!r}"
            )
        try:
            grade = int(columns[-1])
        except ValueError as error:
            raise UsageError(f"{place}: a grade is a whole number, found {columns[-1]!r}") from error
        yield Judgement(columns[0], columns[-2], grade, place)


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines that hold something. Only line feeds end lines: JSON may hold other separators."""
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror or error}") from error
