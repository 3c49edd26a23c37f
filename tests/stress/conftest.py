"""The choice of counts, and the table at the end of the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmrag.benchmark.machine import made_with
from tests.stress.runs import Scenes
from tests.stress.table import Row, Trials, markdown

_ROWS = pytest.StashKey[dict[str, Row]]()


@pytest.fixture
def trials(request: pytest.FixtureRequest) -> Iterator[Trials]:
    """How many trials to make, and where to say that they held."""
    marker = request.node.get_closest_marker("row")
    assert marker is not None, "a stress test names its row: @pytest.mark.row(name, when it passes)"
    rows = request.config.stash.setdefault(_ROWS, {})
    row = rows.setdefault(marker.args[0], Row(*marker.args))
    counter = Trials(row, request.config.getoption("--trials"))
    failed_before = request.session.testsfailed
    yield counter
    counter.end(failed=request.session.testsfailed > failed_before)


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    """Documents and indexes to be harmed."""
    return Scenes(tmp_path_factory.mktemp("scenes"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = list(config.stash.get(_ROWS, {}).values())
    counts = config.getoption("--trials")
    if not rows or counts == "smoke":
        return
    commit = made_with()["commit"]
    terminalreporter.write_line("")
    terminalreporter.write(markdown(rows, counts, commit))
    if config.getoption("--table") is not None:
        place = Path(config.getoption("--table"))
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        place.write_text(markdown(rows, counts, commit, before), encoding="utf-8")
