"""Datasets of other layouts, written out once as folders of our own layout."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import quote

from mmrag.benchmark.datasets.folder import CORPUS, load_folder
from mmrag.benchmark.datasets.reading import Faults
from mmrag.benchmark.datasets.writing import save
from mmrag.benchmark.values import Dataset, Question
from mmrag.errors import UsageError

VERSION = 1
"""Changes when the same files would be written out otherwise."""

Write = Callable[[Path], Iterable[Question]]
"""Writes the documents into a folder, and gives the questions about them."""

_LONGEST = 100
_LANGUAGES = {
    "english": "en", "french": "fr", "german": "de", "italian": "it", "spanish": "es", "portuguese": "pt",
    "dutch": "nl", "chinese": "zh", "japanese": "ja", "korean": "ko", "russian": "ru", "arabic": "ar",
}  # fmt: skip


def cache_folder() -> Path:
    """Where datasets are written out: ``mmrag/datasets`` in the user's cache."""
    home = os.environ.get("XDG_CACHE_HOME")
    return (Path(home) if home else Path.home() / ".cache") / "mmrag" / "datasets"


def converted(name: str, sources: Iterable[Path], write: Write, cache: Path, faults: Faults) -> Dataset:
    """The dataset as written out before from the same files, or now; whole or not at all.

    Args:
        name: of the dataset.
        sources: the files that it is in.
        write: see `Write`.
        cache: a folder of datasets that were written out.
        faults: what ``write`` finds wrong or doubtful.

    Raises:
        DatasetError: if ``write`` finds anything wrong. UsageError: if there are no questions.
    """
    folder = cache / f"{file_name(name)}-{_digest(sources)}"
    if not folder.exists():
        half = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(half, ignore_errors=True)
        try:
            (half / CORPUS).mkdir(parents=True)
            questions = tuple(write(half / CORPUS))
            faults.check(name)
            if not questions:
                raise UsageError(f"{name} has no question that is judged: there is nothing to measure with")
            save(Dataset(name, half / CORPUS, questions), half)
            half.rename(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    return load_folder(folder, faults)


def file_name(name: str) -> str:
    """A name for a file that stands for ``name`` alone, whatever that holds; never hidden, never too long."""
    safe = quote(name, safe=" ()[]+,=@")
    if name.startswith("."):
        safe = f"%2E{safe[1:]}"
    if len(safe) <= _LONGEST and safe:
        return safe
    return f"{safe[: _LONGEST - 17]}-{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def language_code(name: str) -> str:
    """ISO 639-1 code of a language that is called by its English name or by its code."""
    return _LANGUAGES.get(name.lower(), name.lower()) or "en"


def _digest(sources: Iterable[Path]) -> str:
    """Of the files' places, sizes and times; their content may be gigabytes."""
    digest = hashlib.sha256(str(VERSION).encode())
    for path in sorted(sources):
        about = path.stat()
        digest.update(f"{path.resolve()}\0{about.st_size}\0{about.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]
