"""The index of the example documents, open, for all real tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import mmrag


@pytest.fixture(scope="session")
def index(index_path: Path) -> Iterator[mmrag.Index]:
    with mmrag.open(index_path) as opened:
        yield opened
