"""Datasets: questions over documents, with the pages that answer them, from whatever layout they are in."""

from __future__ import annotations

from pathlib import Path

from mmrag.benchmark.datasets.folder import is_folder_dataset, load_folder, save
from mmrag.benchmark.datasets.self_made import hidden_copy, self_questions
from mmrag.benchmark.values import Dataset
from mmrag.errors import UsageError

__all__ = ["hidden_copy", "load", "save", "self_questions"]


def load(place: str | Path) -> Dataset:
    """The dataset at a place.

    Args:
        place: a folder of mmrag's own layout (see docs/datasets.md).

    Raises:
        UsageError: if it is none of these, or a file of it is wrong; the message names the line.
    """
    folder = Path(place).expanduser()
    if not folder.exists():
        raise UsageError(f"there is no dataset {place}")
    if is_folder_dataset(folder):
        return load_folder(folder)
    raise UsageError(f"{place} is no dataset: it has neither dataset.yaml nor queries.jsonl with corpus/")
