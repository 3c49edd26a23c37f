"""What setups have made of questions, kept in a file as it comes, so that nothing is asked twice.

An outcome is known by everything that shaped it: the documents' content, the views, how they are searched,
who answers, and the question. What has changed is asked again by itself.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmrag import __version__
from mmrag.benchmark.values import Found, Outcome, Question, Setup
from mmrag.config import Recipe
from mmrag.errors import CorruptError, DiskFullError, IndexStoreError
from mmrag.index.files import sha256_of
from mmrag.index.reader import Reader
from mmrag.index.translating import is_damage, is_full
from mmrag.types import BBox, to_dict

OUTCOMES = "outcomes.sqlite"
"""The file in the folder of a comparison."""

_SCHEMA = "CREATE TABLE IF NOT EXISTS outcomes (key TEXT PRIMARY KEY, outcome TEXT NOT NULL) WITHOUT ROWID"


class OutcomeCache:
    """Outcomes by key in an SQLite file, made if it is missing. Each is committed as it comes.

    Raises:
        CorruptError: if the file is damaged. DiskFullError: if there is no space.
        IndexStoreError: if it can't be opened or written.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._translated():
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=30)
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                self._connection.execute("PRAGMA synchronous = NORMAL")
                self._connection.execute(_SCHEMA)
            except BaseException:
                self._connection.close()
                raise

    def __enter__(self) -> OutcomeCache:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, key: str, question: Question) -> Outcome | None:
        """What was kept under ``key``, as the outcome of ``question``."""
        with self._translated():
            row = self._connection.execute("SELECT outcome FROM outcomes WHERE key = ?", (key,)).fetchone()
        try:
            return None if row is None else replace(_outcome(json.loads(row[0])), question=question.id)
        except (ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from error

    def put(self, key: str, outcome: Outcome) -> None:
        """Keep an outcome."""
        text = json.dumps(to_dict(outcome))
        with self._translated():
            self._connection.execute("INSERT OR REPLACE INTO outcomes VALUES (?, ?)", (key, text))

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_full(error, self._path.parent):
                raise DiskFullError(
                    f"no space left on the device of {self._path}: free some and run the same command again"
                ) from error
            if is_damage(error):
                raise self._damaged(error) from error
            raise IndexStoreError(f"{self._path} can't be used: {error}") from error

    def _damaged(self, error: Exception) -> CorruptError:
        return CorruptError(
            f"{self._path} is damaged ({error}): remove it, what it held is asked again; or --fresh measures "
            "everything anew"
        )


def setup_key(index: Path, recipe: Recipe, setup: Setup, top_k: int, generator: str | None) -> str:
    """Stands for what answers a question: documents, views, search, and, unless ``None``, who answers.

    Args:
        index: with the setup's views laid.
        recipe: of the setup.
        setup: which views are asked.
        top_k: pages that are asked for.
        generator: spec of what answers; ``None`` where nobody does.
    """
    reader = Reader(index)
    try:
        content, prints = content_of(reader), reader.get("fingerprint", {})
    finally:
        reader.close()
    views = {
        part: made for part, made in prints.items() if part.split("/")[0] in ("ingest", *setup.strategies)
    }
    answers = None if generator is None else [generator, to_dict(recipe.answer)]
    search = [sorted(setup.strategies), to_dict(recipe.retrieve), to_dict(recipe.visual), top_k]
    return _digest(__version__, content, views, search, answers)


def outcome_key(setup: str, question: Question) -> str:
    """Stands for a setup, by its `setup_key`, and what it is asked; not for what the question is called."""
    picture = "" if question.picture is None else sha256_of(Path(question.picture))
    return _digest(setup, question.text, picture)


def content_of(reader: Reader) -> str:
    """Stands for the documents and all that was read in them, captioners' descriptions included."""
    found = hashlib.sha256()
    for table in (
        "SELECT path, id FROM documents ORDER BY path",
        "SELECT path, number, lines FROM pages JOIN documents ON documents.row = pages.document"
        " ORDER BY path, number",
        "SELECT elements.id, caption, elements.text, elements.metadata ->> 'description' FROM elements"
        " JOIN documents ON documents.row = elements.document JOIN pages ON pages.row = elements.page"
        " ORDER BY path, number, position",
    ):
        for row in reader.connection.execute(table):
            found.update(repr(row).encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def _digest(*parts: Any) -> str:
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _outcome(data: dict[str, Any]) -> Outcome:
    ranking = tuple(
        Found(one["file"], one["page"], one["score"], BBox(**one["box"]) if one["box"] else None)
        for one in data["ranking"]
    )
    return Outcome(**{**data, "ranking": ranking})
