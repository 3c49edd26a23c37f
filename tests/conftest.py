"""What several test packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmrag

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the example documents, built once with the mini models. For reading only."""
    path = tmp_path_factory.mktemp("real") / "examples"
    mmrag.build(EXAMPLES / "docs", path).close()
    return path
