"""Searches go on, whole and right, while documents come and go."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

import mmrag
from tests.api.test_update import RECIPE
from tests.cli.test_serving import ROOT, serving


@pytest.fixture(scope="module")
def clients() -> ModuleType:
    """The benchmark, whose clients these are."""
    found = importlib.util.spec_from_file_location("serving", ROOT / "benchmarks" / "serving.py")
    assert found is not None
    assert found.loader is not None
    module = sys.modules["serving"] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_clients_see_whole_updates_and_find_what_is_there(clients: ModuleType, tmp_path: Path) -> None:
    clients.write_documents(tmp_path / "docs")
    mmrag.build(tmp_path / "docs", tmp_path / "many", pipeline=RECIPE).close()
    with serving(tmp_path, str(tmp_path / "many")) as (_, link):
        seen = clients.load(
            link, "many", tmp_path / "docs", 8, lambda seen: len(seen.seconds) < 300 or seen.updates < 4
        )
    assert (seen.errors, seen.wrong, seen.halves) == ([], [], [])
    assert len(seen.seconds) >= 300
    assert seen.updates >= 4
