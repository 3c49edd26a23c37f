"""What a comparison is about: which setups, which questions, which folder."""

from __future__ import annotations

import difflib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import mmrag
from mmrag.benchmark import datasets
from mmrag.benchmark.caching import OUTCOMES
from mmrag.benchmark.laying import INDEXES, LEDGER
from mmrag.benchmark.tables import ALL
from mmrag.benchmark.values import BM25, Setup
from mmrag.config import STRATEGIES
from mmrag.errors import NotAnIndexError, UsageError
from mmrag.index.lock import WriterLock
from mmrag.index.store import LOCK, is_index


def setups_of(pipelines: Sequence[str], strategies: Sequence[str]) -> tuple[Setup, ...]:
    """Every choice of strategies with every pipeline, each once.

    Args:
        pipelines: names or paths of recipes.
        strategies: ``joint``, ``joint+visual`` for both fused, ``all``, ``bm25`` for no view; each view alone
            and all by default.

    Raises:
        UsageError: if there is no such strategy.
    """
    chosen = [_views(word) for word in strategies or (*STRATEGIES, ALL)]
    return tuple(dict.fromkeys(Setup(pipeline, views) for pipeline in pipelines for views in chosen))


def _views(word: str) -> tuple[str, ...]:
    if word == BM25:
        return ()
    names = STRATEGIES if word == ALL else word.split("+")
    for name in names:
        if name not in STRATEGIES:
            near = difflib.get_close_matches(name, (*STRATEGIES, ALL, BM25), n=1)
            raise UsageError(
                f"--strategy wants {', '.join(STRATEGIES)}, several with + between, all, or {BM25}; "
                f"found {word!r}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    return tuple(name for name in STRATEGIES if name in names)


def documents_of(place: str) -> Path:
    """The documents that are meant: the folder itself, those of a dataset, or those of an index.

    Raises:
        UsageError: if there is nothing of that name.
    """
    path = Path(place).expanduser()
    if not path.exists() or is_index(path):
        try:
            with mmrag.open(place) as index:
                return index.root
        except NotAnIndexError:
            raise UsageError(f"there is no folder of documents, no dataset and no index {place}") from None
    return datasets.documents(path)


@contextmanager
def held(folder: Path, *, fresh: bool) -> Iterator[None]:
    """Keep the folder of a comparison for this process: a new one, or one that is there.

    Args:
        folder: made if it is missing.
        fresh: remove what earlier runs have measured; reports and questions stay.

    Raises:
        UsageError: if it holds something else. LockedError: if another process is at work there.
    """
    mark = folder / LEDGER
    if folder.is_dir() and any(folder.iterdir()) and not mark.is_file():
        raise UsageError(f"{folder} holds other files and no comparison: choose another place with --out")
    folder.mkdir(parents=True, exist_ok=True)
    if not mark.exists():
        mark.write_text("{}", encoding="utf-8")
    with WriterLock(folder / LOCK):
        if fresh:
            shutil.rmtree(folder / INDEXES, ignore_errors=True)
            for file in folder.glob(f"{OUTCOMES}*"):
                file.unlink()
            mark.write_text("{}", encoding="utf-8")
        yield
