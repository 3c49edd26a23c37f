"""Datasets from the Hugging Face hub. What is on this machine is used without asking the network."""

from __future__ import annotations

import os
import re
from pathlib import Path

from mmrag.benchmark.datasets.converted import file_name
from mmrag.benchmark.values import Dataset
from mmrag.config.offline import is_offline
from mmrag.errors import MissingExtraError, UsageError

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*(@[\w./-]+)?")
_FETCHED = ("*.parquet", "*.jsonl", "*.tsv", "dataset.yaml", "corpus/*")


def is_hub_id(name: str) -> bool:
    """Whether it reads ``owner/dataset`` or ``owner/dataset@revision``."""
    return _HUB_ID.fullmatch(name) is not None


def fetch(name: str, cache: Path) -> Path:
    """The folder of a dataset of the hub; what is not on this machine is downloaded.

    Args:
        name: ``owner/dataset``, or ``owner/dataset@revision`` for one state of it.
        cache: where it is noted what has been downloaded whole.

    Raises:
        MissingExtraError: if huggingface_hub is not installed.
        UsageError: if the network is forbidden or can't be reached, or the hub has no such dataset.
    """
    note = cache / "hub" / file_name(name)
    if note.is_file():
        folder = Path(note.read_text(encoding="utf-8"))
        if folder.is_dir():
            return folder
    if is_offline():
        raise UsageError(
            f"the dataset {name} is not on this machine, and MMRAG_OFFLINE or HF_HUB_OFFLINE forbids to "
            "fetch it: unset it, or copy its files here and name their folder"
        )
    folder = _download(name)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(str(folder), encoding="utf-8")
    return folder


def keep_inside(dataset: Dataset, folder: Path, name: str) -> Dataset:
    """The dataset, if all that it names lies in its folder: strangers have made it.

    Raises:
        UsageError: if it names documents or pictures elsewhere on this machine.
    """
    pictures = [Path(question.picture) for question in dataset.questions if question.picture]
    for place in (dataset.corpus, *pictures):
        # Files of the hub's cache are links to elsewhere, so what counts is what they are called.
        called = Path(os.path.normpath(place))
        if not any(called.is_relative_to(root) for root in (folder, folder.resolve())):
            raise UsageError(
                f"the dataset {name} of the hub names {place}, which is none of its own files, and was not "
                "used: copy it here and look into its dataset.yaml and its questions"
            )
    return dataset


def _download(name: str) -> Path:
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as error:
        raise MissingExtraError(f"fetching {name}", "huggingface_hub", "bench") from error
    dataset, _, revision = name.partition("@")
    try:
        return Path(
            snapshot_download(
                dataset, repo_type="dataset", revision=revision or None, allow_patterns=list(_FETCHED)
            )
        )
    except errors.GatedRepoError as error:
        raise UsageError(
            f"the dataset {name} asks for its terms to be accepted: do so at "
            f"https://huggingface.co/datasets/{dataset}, then run: hf auth login"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise UsageError(f"the hub has no dataset {name}, or it is private: run hf auth login") from error
    except (OSError, ValueError, RuntimeError, errors.HTTPError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"the dataset {name} could not be fetched ({reason}): check the network, or copy its files here "
            "and name their folder"
        ) from error
