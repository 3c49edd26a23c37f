"""A server over a small index with fakes for models, in this process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import mmrag
from mmrag.server.app import create_app
from mmrag.server.options import ServerOptions
from tests.api.test_update import RECIPE

BASE = "http://localhost:8765"


def write_documents(folder: Path) -> None:
    folder.mkdir()
    (folder / "otter.md").write_text(
        "# Otters\n\nThe otter swims in the river. It eats fish.\n\n## Dens\n\nA holt.\n"
    )
    (folder / "owl.md").write_text(
        "# Owls\n\nThe owl hunts at night, `<script>alert(1)</script>`, and sleeps by day.\n"
    )


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two short documents. For reading only."""
    folder = tmp_path_factory.mktemp("served")
    write_documents(folder / "docs")
    mmrag.build(folder / "docs", folder / "animals", pipeline=RECIPE).close()
    return folder / "animals"


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[TestClient]:
    with TestClient(create_app([place], ServerOptions()), base_url=BASE) as client:
        yield client
