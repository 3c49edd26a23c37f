"""Reading datasets' files line by line. What is wrong is gathered, so that all of it is said at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from mmrag.errors import DatasetError, UsageError

OnWarning = Callable[[str], None]
"""Called with what is doubtful in a dataset, and was read all the same."""

HEADERS = frozenset({"score", "grade", "relevance", "rel", "label"})
"""What the last column of qrels is called where their first line names the columns."""

_QUOTED = 120  # characters of a value in a message


class Faults:
    """What is wrong with a dataset's files, in the order of reading."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.warnings: list[str] = []

    def check(self, where: str) -> None:
        """Raise a DatasetError that holds everything, if anything is wrong.

        Args:
            where: the dataset, for the message.
        """
        if self.errors:
            raise DatasetError(where, tuple(self.errors))


class Line:
    """A line of a file, or a row of a table, and what is wrong with it.

    Attributes:
        place: where it stands, for messages.
        wrongs: what was found wrong so far.
    """

    def __init__(self, place: str, faults: Faults) -> None:
        self.place = place
        self.wrongs: list[str] = []
        self._faults = faults

    def wrong(self, message: str) -> None:
        """Note what can't be read, once."""
        if message not in self.wrongs:
            self.wrongs.append(message)
            self._faults.errors.append(f"{self.place}: {message}")

    def doubtful(self, message: str) -> None:
        """Note what was read, though it may not be meant."""
        self._faults.warnings.append(f"{self.place}: {message}")


class Row(Line):
    """One record of a file.

    Attributes:
        fields: by name.
    """

    def __init__(self, fields: dict[str, Any], place: str, faults: Faults) -> None:
        super().__init__(place, faults)
        self.fields = fields

    def text(self, name: str, default: str | None = None) -> str:
        """A field that holds a text; a whole number is taken for one.

        Empty, and noted as wrong, if it is missing without a default, or holds something else.
        """
        value = self.fields.get(name)
        if value is None and default is not None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
        if not isinstance(value, str):
            self.wrong(f"{name} must be a text, found {'nothing' if value is None else shown(value)}")
            return ""
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """A field that holds a list of texts; none where it is missing, or noted as wrong."""
        value = self.fields.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.wrong(f"{name} must be a list of texts, found {shown(value)}")
            return ()
        return tuple(value)


class Judgement(Line):
    """One line of qrels: how well a thing answers a query.

    Attributes:
        query: its id. what: is judged. grade: higher is better.
    """

    def __init__(self, query: str, what: str, grade: int, place: str, faults: Faults) -> None:
        super().__init__(place, faults)
        self.query, self.what, self.grade = query, what, grade


def json_rows(path: Path, faults: Faults) -> Iterator[Row]:
    """The objects of a JSON lines file; empty lines, and those that are wrong, are passed over.

    Raises:
        UsageError: if the file can't be read at all.
    """
    for number, line in _lines(path):
        row = Row({}, f"{path}, line {number}", faults)
        try:
            fields = json.loads(line)
        except json.JSONDecodeError as error:
            row.wrong(f"not JSON ({error.msg} at letter {error.pos + 1}); each line must be one object")
            continue
        except (ValueError, RecursionError) as error:
            row.wrong(f"not JSON that can be read ({error})")
            continue
        if not isinstance(fields, dict):
            row.wrong(f"must be a JSON object, found {type(fields).__name__}")
            continue
        row.fields = fields
        yield row


def judgements(path: Path, faults: Faults) -> Iterator[Judgement]:
    """The lines of qrels: query, (iteration,) what is judged, grade; separated by tabs.

    TREC's four columns and BEIR's three are both read, with a line of headings or without; TREC's may be
    separated by blanks. Lines that are none of these are passed over, and so are those that say again
    what an earlier one says.

    Raises:
        UsageError: if the file can't be read at all.
    """
    seen: dict[tuple[str, str], int] = {}
    for number, line in _lines(path):
        columns = [column.strip() for column in line.split("\t")] if "\t" in line else line.split()
        if number == 1 and columns[-1].lower() in HEADERS:
            continue
        row = Line(f"{path}, line {number}", faults)
        if len(columns) not in (3, 4):
            row.wrong(f"wanted query, 0, file#page and grade with tabs between, found {shown(line.strip())}")
            continue
        query, what, grade = columns[0], columns[-2], columns[-1]
        try:
            value = int(grade)
        except ValueError:
            row.wrong(f"a grade is a whole number, found {shown(grade)}")
            continue
        if seen.setdefault((query, what), value) != value:
            row.wrong(f"{what!r} is judged {value} for {query!r}, and {seen[query, what]} before")
            continue
        yield Judgement(query, what, value, row.place, faults)


def shown(value: object) -> str:
    """A value as a message names it, shortened where it is long."""
    text = repr(value)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"


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
