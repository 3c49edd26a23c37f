"""What has become of a document, from what the index holds of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from mmrag.types import Status

_MOST = 20


def outcome(connection: sqlite3.Connection, document: int) -> tuple[Status, str]:
    """The status of the document in this row; why it is not whole, and what a second engine had to read."""
    status, reason = _status(connection, document)
    return status, "; ".join(part for part in (reason, _read_by(connection, document)) if part)


def pages_missing(errors: Sequence[tuple[int, str]]) -> str:
    """Which pages are not there, by number, and why the first of them is not."""
    return f"{listed([number for number, _ in errors])}: {errors[0][1]}"


def listed(pages: Sequence[int]) -> str:
    """Numbers of pages for people: ``page 3``, ``pages 3, 9``."""
    shown = ", ".join(map(str, pages[:_MOST]))
    more = f" and {len(pages) - _MOST:,} more" if len(pages) > _MOST else ""
    return f"page{'' if len(pages) == 1 else 's'} {shown}{more}"


def _status(connection: sqlite3.Connection, document: int) -> tuple[Status, str]:
    missing = connection.execute(
        "SELECT number, error FROM pages WHERE document = ? AND error IS NOT NULL ORDER BY number",
        (document,),
    ).fetchall()
    some = connection.execute("SELECT 1 FROM elements WHERE document = ?", (document,)).fetchone()
    if missing:
        return _of_missing(missing) if some is None else Status.PARTLY, pages_missing(missing)
    lacks = connection.execute(
        "SELECT error FROM views WHERE document = ? AND error != '' ORDER BY name", (document,)
    ).fetchone()
    if lacks is not None:
        return Status.PARTLY, lacks[0]
    return (Status.INDEXED, "") if some else (Status.EMPTY, "no text and no pictures were found in it")


def _of_missing(errors: Sequence[tuple[int, str]]) -> Status:
    """The status of a document of which nothing at all could be read."""
    return Status.TOO_LARGE if all("over the limit of" in error for _, error in errors) else Status.DAMAGED


def _read_by(connection: sqlite3.Connection, document: int) -> str:
    """Which second engine read what, and why; empty where the first one read everything."""
    whole = connection.execute(
        "SELECT metadata ->> 'engine', metadata ->> 'engine_reason' FROM documents WHERE row = ?", (document,)
    ).fetchone()
    if whole is not None and whole[1] is not None:
        return f"read by {whole[0]}: {whole[1]}"
    rows = connection.execute(
        "SELECT DISTINCT elements.metadata ->> 'engine', elements.metadata ->> 'engine_reason' AS reason,"
        " number"
        " FROM elements JOIN pages ON pages.row = page"
        " WHERE elements.document = ? AND reason IS NOT NULL ORDER BY number",
        (document,),
    ).fetchall()
    reasons: dict[tuple[str, str], list[int]] = {}
    for engine, reason, number in rows:
        reasons.setdefault((engine, reason), []).append(number)
    return _joined(reasons)


def _joined(reasons: Mapping[tuple[str, str], list[int]]) -> str:
    parts = [f"{reason} on {listed(pages)}" for (_, reason), pages in reasons.items()]
    engines = sorted({engine for engine, _ in reasons})
    return f"read by {' and '.join(engines)}: {', '.join(parts)}" if parts else ""
