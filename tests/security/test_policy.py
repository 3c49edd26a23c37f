"""SECURITY.md names tests that are there, and counts what they count."""

from __future__ import annotations

import re

import pytest

from tests.documents import ROOT
from tests.stress.faults import FAULTS
from tests.stress.hostile import CASES
from tests.synthesize.injected import DOCUMENTS

POLICY = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs" / "robustness.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(set(re.findall(r"`(tests/[\w/.]+)`", POLICY + GUIDE))))
def test_what_is_named_is_there(name: str) -> None:
    path = ROOT / name
    assert path.is_dir() or "def test_" in path.read_text(encoding="utf-8") or "stress/get_" in name


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([\w/.-]+)", POLICY):
        assert (ROOT / target).exists(), target
    assert "SECURITY.md" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_counts_are_those_of_the_tests() -> None:
    assert f"{len(CASES)} documents" in POLICY
    assert f"{len(FAULTS)} kinds" in POLICY
    assert f"{len(DOCUMENTS)} hostile documents" in POLICY
