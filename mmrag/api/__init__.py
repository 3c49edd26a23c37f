"""The public calls: build an index, open one, list them."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmrag.api.index import Index, open_index
from mmrag.api.info import IndexInfo
from mmrag.api.opened import path_of
from mmrag.config import STRATEGIES, Recipe, load_recipe
from mmrag.errors import CorruptError, FingerprintError, IndexStoreError, SchemaError, UsageError
from mmrag.index.captions import carry
from mmrag.index.exchange import exchange
from mmrag.index.lock import WriterLock
from mmrag.index.store import LOCK, is_free, is_index
from mmrag.index.sweeping import UNFINISHED, rebuild_folder
from mmrag.types import Report

if TYPE_CHECKING:
    from mmrag.api.run import OnProgress

__all__ = ["Index", "IndexInfo", "build", "index_path", "list_indexes", "open_index"]

_LOG = logging.getLogger(__name__)


def build(
    folder: str | Path,
    index: str | Path | None = None,
    *,
    pipeline: str | Path | Recipe | None = None,
    strategies: str | Sequence[str] | None = None,
    password: str | None = None,
    progress: OnProgress | None = None,
    rebuild: bool = False,
    retry_failed: bool = False,
) -> Index:
    """Index a folder, or bring its index up to date, and open it.

    Args:
        folder: of documents; a single file is taken too.
        index: where the index goes: a path, or a plain name under ``indexes/``; by default
            ``indexes/<name of the folder>``.
        pipeline: a recipe, its name, or the path of a YAML file. By default the recipe that the index
            was built with, ``mini`` for a new one.
        strategies: the views to lay, one name or several: ``joint``, ``caption``, ``visual``. An index that
            is there keeps the views that it has and gets these besides; nothing is parsed again. By default
            the recipe's.
        password: for encrypted files.
        progress: called with a `Progress` after every page.
        rebuild: build everything anew beside the index, then put it in its place.
        retry_failed: try again what an earlier run could not read or describe, though it has not changed.

    Returns:
        The open index; its ``report`` says what became of every file.

    Raises:
        UsageError: if the folder does not exist, or the index is of another folder.
        RecipeError: if the recipe can't be read.
        FingerprintError: if the index was made by other models or settings (``rebuild`` makes it anew).
        LockedError: if another process is writing to it.
        DiskFullError: if there is no space; what was committed before is whole.
        SchemaError, CorruptError: if the index can't be used.
    """
    from mmrag.api.builder import update

    root = path_of(folder).resolve()
    if not root.exists():
        raise UsageError(f"there is no folder {folder}")
    path = index_path(index if index is not None else root.stem if root.is_file() else root.name)
    if not is_index(path) and not is_free(path):
        raise UsageError(f"{path} holds other files and is no index: choose another place with --index")
    recipe = _recipe(path, pipeline, strategies, rebuild)
    if rebuild and is_index(path):
        report = _rebuild(path, root, recipe, password, progress)
    else:
        report = update(path, root, recipe, password=password, progress=progress, retry_failed=retry_failed)
    opened = Index(path)
    opened.report = report
    return opened


def index_path(place: str | Path) -> Path:
    """Where an index of this name or path goes: a plain name stands for ``indexes/<name>``."""
    path = path_of(place)
    if path.is_absolute() or os.sep in str(place) or is_index(path):
        return path
    return Path("indexes") / path


def list_indexes(folder: str | Path = "indexes") -> list[IndexInfo]:
    """What the indexes in a folder hold, in the order of their names; one that can't be used is logged."""
    found = []
    for path in sorted(Path(folder).glob("*")) if Path(folder).is_dir() else []:
        if is_index(path) and not path.name.startswith("."):
            try:
                with Index(path) as index:
                    found.append(index.info())
            except IndexStoreError as error:
                _LOG.warning("%s", error)
    return found


def _recipe(
    path: Path, pipeline: str | Path | Recipe | None, strategies: str | Sequence[str] | None, rebuild: bool
) -> Recipe:
    """What to build with: a recipe by name, or the one that the index has.

    The views that it has stay, unless it is built anew with others.
    """
    if isinstance(strategies, str):
        strategies = (strategies,)
    stored = _stored_recipe(path, rebuild)
    if isinstance(pipeline, Recipe):
        recipe = pipeline
    else:
        recipe = stored if stored and pipeline is None else load_recipe(pipeline or "mini")
    wanted = {*(strategies or recipe.strategies), *(stored.strategies if stored and not rebuild else ())}
    # Unknown names are kept, so that the recipe refuses them.
    known = [name for name in STRATEGIES if name in wanted]
    return replace(recipe, strategies=(*known, *sorted(wanted - set(known))))


def _stored_recipe(path: Path, rebuild: bool) -> Recipe | None:
    """The recipe of the index at ``path``; none where there is none, or none that a rebuild could read."""
    if not is_index(path):
        return None
    try:
        with Index(path) as present:
            return present.recipe if present._is_settled else None
    except (SchemaError, CorruptError):
        if not rebuild:
            raise
        return None


def _rebuild(
    path: Path, root: Path, recipe: Recipe, password: str | None, progress: OnProgress | None
) -> Report:
    """Build beside, then change places. The old index serves until then; a killed run is taken up again."""
    fresh = rebuild_folder(path)
    with WriterLock(path / LOCK):
        # What changed places with the index, and was not removed before a kill, is no beginning of ours.
        (path / UNFINISHED).unlink(missing_ok=True)
        if fresh.exists() and not (fresh / UNFINISHED).exists():
            shutil.rmtree(fresh)
        is_left_over = fresh.exists()
        try:
            report = _afresh(path, fresh, root, recipe, password, progress)
        except (FingerprintError, SchemaError, CorruptError, UsageError):
            if not is_left_over:
                raise
            # An earlier attempt at something else: only what its captioner said is worth keeping.
            carry(fresh, path)
            shutil.rmtree(fresh)
            report = _afresh(path, fresh, root, recipe, password, progress)
        carry(path, fresh)
        exchange(fresh, path)
        shutil.rmtree(fresh)
    (path / UNFINISHED).unlink()
    return report


def _afresh(
    path: Path, fresh: Path, root: Path, recipe: Recipe, password: str | None, progress: OnProgress | None
) -> Report:
    from mmrag.api.builder import update

    fresh.mkdir(exist_ok=True)
    (fresh / UNFINISHED).touch()
    carry(path, fresh)
    return update(fresh, root, recipe, password=password, progress=progress)
