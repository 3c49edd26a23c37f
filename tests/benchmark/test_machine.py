from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from mmrag.benchmark import machine


def test_the_commit_is_of_mmrags_own_checkout_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not of a project in whose folder mmrag is installed."""
    installed = tmp_path / ".venv/mmrag/machine.py"
    installed.parent.mkdir(parents=True)
    installed.touch()
    monkeypatch.setattr(machine, "__file__", str(installed))
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b.c"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "First"], check=True)
    assert machine.made_with()["commit"] == "unknown"
    subprocess.run([*git, "add", str(installed)], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True).stdout
    said = machine.made_with()["commit"]
    assert len(said) >= 7
    assert head.startswith(said)
