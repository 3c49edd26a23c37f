from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest

from mmrag.cli import checks
from mmrag.cli.checks import Check, State
from mmrag.config import Recipe
from mmrag.errors import ModelError
from tests.cli.running import Run
from tests.endpoint.server import error, said, serving


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> Callable[[Check], None]:
    """Replaces what doctor looks at by one check of each group, the last one given."""

    def replace(last: Check) -> None:
        monkeypatch.setattr(checks, "machine", lambda _: [Check("machine", "python", State.OK, "3.11.7")])
        monkeypatch.setattr(checks, "packages", lambda: [Check("packages", "numpy", State.OK, "2.4.6")])
        monkeypatch.setattr(checks, "models", lambda _: [last])

    return replace


def test_all_is_well(looked: Callable[[Check], None], mmrag: Run) -> None:
    looked(Check("models", "mini:text", State.OK, "text becomes vectors"))
    result = mmrag("doctor")
    assert result.code == 0
    assert result.out.splitlines() == [
        "Machine",
        "  ✓ python  3.11.7",
        "",
        "Packages",
        "  ✓ numpy  2.4.6",
        "",
        "Models",
        "  ✓ mini:text  text becomes vectors",
        "",
        "Ready: mmrag index FOLDER --pipeline mini",
    ]


def test_something_is_missing(looked: Callable[[Check], None], mmrag: Run) -> None:
    looked(Check("models", "faiss", State.FAILED, "not installed", "pip install 'mmrag[cpu]'"))
    result = mmrag("doctor")
    assert result.code == 1
    assert result.out.splitlines()[-4:] == [
        "  ✗ faiss  not installed",
        "      pip install 'mmrag[cpu]'",
        "",
        "1 missing or broken: see the lines marked ✗.",
    ]


def test_doctor_as_json(looked: Callable[[Check], None], mmrag: Run) -> None:
    looked(Check("models", "ocr", State.NOTE, "slow"))
    found = mmrag("doctor", "--json").json
    assert found["ready"] is True
    assert found["checks"][-1] == {
        "group": "models", "name": "ocr", "state": "note", "found": "slow", "advice": "",
    }  # fmt: skip


def test_a_recipe_that_is_not_there(mmrag: Run) -> None:
    result = mmrag("doctor", "--pipeline", "mega")
    assert result.code == 2
    assert "no recipe is named 'mega'" in result.error


def test_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.shutil, "which", lambda _: None)
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: SimpleNamespace(free=5e8))
    found = {check.name: check for check in checks.machine(tmp_path)}
    assert int(found["processors"].found) == len(os.sched_getaffinity(0))
    assert found["free disk"].state is State.NOTE
    assert found["free disk"].found == "0.5 GB here"
    assert found["GPU"].found == "none found; none is needed"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("NVIDIA H200, 143771 MiB\n", "NVIDIA H200, 143771 MiB"),
        (subprocess.TimeoutExpired("nvidia-smi", 10), "nvidia-smi is there, but finds no card"),
        (subprocess.CalledProcessError(9, "nvidia-smi"), "nvidia-smi is there, but finds no card"),
    ],
)
def test_a_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: str | Exception, expected: str) -> None:
    def run(*_: object, **__: object) -> SimpleNamespace:
        if isinstance(said, Exception):
            raise said
        return SimpleNamespace(stdout=said)

    monkeypatch.setattr(checks.shutil, "which", lambda _: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(checks.subprocess, "run", run)
    assert {check.name: check.found for check in checks.machine(tmp_path)}["GPU"] == expected


def test_packages_with_their_versions() -> None:
    found = {check.name: check for check in checks.packages()}
    assert found["numpy"].found == metadata.version("numpy")
    assert found["faiss"].state is State.OK
    assert "pytest" not in found
    assert all(check.state is State.OK for check in found.values())


def test_packages_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(checks.metadata, "version", version)
    found = {check.name: check for check in checks.packages()}
    assert found["pymupdf"] == Check(
        "packages", "pymupdf", State.FAILED, "not installed", "pip install pymupdf"
    )
    assert "pip install 'mmrag[cpu]'" in found["faiss"].advice


def test_both_builds_of_faiss_are_one_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks.metadata, "version", lambda _: "1.15.1")
    faiss = list(checks.packages())[-1]
    assert (faiss.state, faiss.found) == (State.FAILED, "faiss-cpu 1.15.1 and faiss-gpu 1.15.1")


def test_without_an_installation_the_clone_says_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    def requires(name: str) -> list[str]:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(checks.metadata, "requires", requires)
    assert {"numpy", "pymupdf", "typer"} <= {check.name for check in checks.packages()}


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (ModelError("the weights are damaged"), "the weights are damaged"),
        (RuntimeError("no symbol"), "RuntimeError: no symbol; reinstall it: pip install -U mmrag"),
    ],
)
def test_a_model_that_can_not_be_loaded_is_one_line_of_the_report(
    monkeypatch: pytest.MonkeyPatch, error: Exception, advice: str
) -> None:
    def fail() -> str:
        raise error

    for name in ("_encode", "_caption", "_generator"):
        monkeypatch.setattr(checks, name, lambda _: "")
    monkeypatch.setattr(checks, "_layout", lambda: "")
    monkeypatch.setattr(checks, "_read", fail)

    def outcomes() -> Iterator[tuple[str, State, str]]:
        for check in checks.models(Recipe(strategies=("caption",))):
            yield check.name, check.state, check.advice

    assert list(outcomes()) == [
        ("mini:text", State.OK, ""),
        ("mini:multilingual", State.OK, ""),
        ("mini:caption", State.OK, ""),
        ("mini:extractive", State.OK, ""),
        ("ocr", State.FAILED, advice),
        ("layout", State.OK, ""),
    ]


def test_a_server_is_not_asked_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lists = [({"data": [{"id": "m", "max_model_len": 8192}]}, "8,192"), (None, "32,768")]
    for listed, tokens in lists:
        with serving([said("hi")], models=listed) as server:
            assert checks._generator(f"openai:m@{server.url}") == f"{tokens} tokens and 16 pictures at once"
        assert server.seen == []
    with pytest.raises(ModelError, match="no answer from 127.0.0.1"):
        checks._generator(f"openai:m@{server.url}")
    with serving([said("hi")], models=error(401)) as server, pytest.raises(ModelError, match="check OPENAI"):
        checks._generator(f"openai:m@{server.url}")
