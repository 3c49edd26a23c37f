"""One index of the example documents, built with the mini models, for all real tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import mmrag

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("real") / "examples"
    mmrag.build(EXAMPLES / "docs", path).close()
    return path


@pytest.fixture(scope="session")
def index(index_path: Path) -> Iterator[mmrag.Index]:
    with mmrag.open(index_path) as opened:
        yield opened
