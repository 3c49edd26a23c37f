from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.fake import FakeMmrag
from tests.cli.running import Run, run_command


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeMmrag:
    """The library's public calls replaced, in an empty working directory."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "MMRAG_PASSWORD", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    made = FakeMmrag()
    made.install(monkeypatch)
    return made


@pytest.fixture
def mmrag(capsys: pytest.CaptureFixture[str]) -> Run:
    """``mmrag("search", "docs", "tide")`` runs the command line in this process."""
    return lambda *words: run_command(capsys, *words)
