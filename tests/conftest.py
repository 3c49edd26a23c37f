"""What several test packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmrag

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


def pytest_configure() -> None:
    from hypothesis import settings  # here, for those who want nothing but the folder above

    # What is drawn by lot is judged by what comes out, not by how busy the machine is.
    settings.register_profile("unhurried", deadline=None)
    settings.load_profile("unhurried")


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("stress", "tests/stress: what an index and its parsers survive")
    group.addoption(
        "--trials", choices=("smoke", "ci", "stress"), default="smoke", help="how many trials to make"
    )
    group.addoption(
        "--fuzz-seconds", type=float, metavar="N", help="seconds of the processor that fuzzing takes in all"
    )
    group.addoption(
        "--table",
        metavar="FILE",
        help="add this run's rows to the table of what held, in Markdown",
    )


@pytest.fixture(scope="session")
def index_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of the example documents, built once with the mini models. For reading only."""
    path = tmp_path_factory.mktemp("real") / "examples"
    mmrag.build(EXAMPLES / "docs", path).close()
    return path
