"""Tiny models, each built once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from mmrag.weights.device import import_torch, import_transformers
from tests.tiny import generative

BUILDERS: dict[str, Callable[[Path], Path]] = {
    "llava": generative.llava,
    "qwen2_vl": generative.qwen2_vl,
    "mllama": generative.mllama,
    "qwen3_vl": generative.qwen3_vl,
    "idefics3": generative.idefics3,
    "blip": generative.blip,
}


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of the tiny model of that name."""
    import_transformers("the tests")
    # Threads cost more than they bring on matrices of 32 columns.
    import_torch("the tests").set_num_threads(1)
    root = tmp_path_factory.mktemp("tiny")

    def folder(name: str) -> Path:
        return root / name if (root / name).is_dir() else BUILDERS[name](root / name)

    return folder
