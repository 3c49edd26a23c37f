"""Datasets: questions over documents, with the pages that answer them, from whatever layout they are in."""

from __future__ import annotations

from pathlib import Path

from mmrag.benchmark.datasets.beir import is_beir, load_beir
from mmrag.benchmark.datasets.converted import cache_folder
from mmrag.benchmark.datasets.folder import is_folder_dataset, load_folder, save
from mmrag.benchmark.datasets.generating import generated
from mmrag.benchmark.datasets.hub import fetch, is_hub_id
from mmrag.benchmark.datasets.self_made import hidden_copy, self_questions
from mmrag.benchmark.datasets.vidore import load_parquet, parquet_files
from mmrag.benchmark.values import Dataset
from mmrag.errors import UsageError

__all__ = ["generated", "hidden_copy", "load", "save", "self_questions"]


def load(place: str | Path, cache: Path | None = None) -> Dataset:
    """The dataset at a place, whatever its layout (see docs/datasets.md).

    Args:
        place: a folder of mmrag's own layout, of BEIR's or of parquet files (ViDoRe); a parquet file; or the
            id of a dataset of the Hugging Face hub, ``owner/dataset`` or ``owner/dataset@revision``.
        cache: where layouts other than our own are written out; by default in the user's cache.

    Raises:
        UsageError: if there is nothing, or nothing of these, or a file is wrong; the message names the line.
        MissingExtraError: if a package is missing that reads it.
    """
    cache = cache or cache_folder()
    path = Path(place).expanduser()
    name = ""
    if not path.exists():
        if not is_hub_id(str(place)):
            raise UsageError(f"there is no dataset {place}")
        name, path = str(place), fetch(str(place), cache)
    if is_folder_dataset(path):
        return load_folder(path)
    if is_beir(path):
        return load_beir(path, cache)
    if parquet_files(path):
        return load_parquet(path, cache, name)
    raise UsageError(
        f"{place} is no dataset: it has no queries.jsonl with corpus/ or dataset.yaml, no corpus.jsonl of "
        "BEIR, and no parquet files; --self and --generate make questions of mere documents"
    )
