"""Datasets: questions over documents, with the pages that answer them, from whatever layout they are in."""

from __future__ import annotations

import warnings
from pathlib import Path

from mmrag.benchmark.datasets.beir import is_beir, load_beir
from mmrag.benchmark.datasets.converted import cache_folder
from mmrag.benchmark.datasets.folder import corpus_of, is_folder_dataset, load_folder
from mmrag.benchmark.datasets.generating import OnDraft, OnUsage, check_writer, generated
from mmrag.benchmark.datasets.hub import fetch, is_hub_id, keep_inside
from mmrag.benchmark.datasets.keeping import drafts_in
from mmrag.benchmark.datasets.missing import why_no_dataset
from mmrag.benchmark.datasets.reading import Faults, OnWarning
from mmrag.benchmark.datasets.self_made import hidden_copy, self_questions
from mmrag.benchmark.datasets.vidore import load_parquet, parquet_files
from mmrag.benchmark.datasets.writing import save
from mmrag.benchmark.values import Dataset
from mmrag.errors import UsageError

__all__ = [
    "OnDraft",
    "OnUsage",
    "OnWarning",
    "check_writer",
    "documents",
    "drafts_in",
    "generated",
    "hidden_copy",
    "load",
    "save",
    "self_questions",
]


def load(place: str | Path, cache: Path | None = None, on_warning: OnWarning | None = None) -> Dataset:
    """The dataset at a place, whatever its layout (see docs/datasets.md).

    Args:
        place: a folder of mmrag's own layout, of BEIR's or of parquet files (ViDoRe); a parquet file; or the
            id of a dataset of the Hugging Face hub, ``owner/dataset`` or ``owner/dataset@revision``.
        cache: where layouts other than our own are written out; by default in the user's cache.
        on_warning: hears of each thing that is doubtful, such as a box that reaches over the edge of its
            page; Python's warnings by default.

    Raises:
        DatasetError: if anything in the files is wrong; the message names every line.
        UsageError: if there is nothing, or nothing of these.
        MissingExtraError: if a package is missing that reads it.
    """
    cache = cache or cache_folder()
    faults = Faults()
    dataset = _loaded(Path(place).expanduser(), str(place), cache, faults)
    for message in faults.warnings:
        if on_warning is None:
            warnings.warn(message, UserWarning, stacklevel=2)
        else:
            on_warning(message)
    return dataset


def documents(place: Path, cache: Path | None = None) -> Path:
    """The documents of the dataset at a place, whatever its questions are like; else the place itself."""
    try:
        if is_folder_dataset(place):
            return corpus_of(place)
        if is_beir(place) or parquet_files(place):
            return load(place, cache, lambda _: None).corpus
    except UsageError:
        # Tables and lists may well lie among documents, and are then just not read.
        return place.resolve()
    return place.resolve()


def _loaded(path: Path, place: str, cache: Path, faults: Faults) -> Dataset:
    name = ""
    if not path.exists():
        if not is_hub_id(place):
            raise UsageError(why_no_dataset(place))
        name, path = place, fetch(place, cache)
    if is_folder_dataset(path):
        dataset = load_folder(path, faults)
        return keep_inside(dataset, path, name) if name else dataset
    if is_beir(path):
        return load_beir(path, cache, faults)
    if parquet_files(path):
        return load_parquet(path, cache, faults, name)
    raise UsageError(why_no_dataset(place))
