"""The GPU benchmark on toy sizes, and that its real sizes are the published ones."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "gpu"
PUBLISHED = {"ColPali-3B": 2_924.6, "ColQwen2.5-3B": 3_754.9, "SigLIP-so400m": 428.2, "CLIP B/32": 87.8}
"""Millions of parameters: of the language models with their projection, and of the others' picture halves."""


@pytest.fixture(scope="module")
def shapes() -> ModuleType:
    found = importlib.util.spec_from_file_location("shapes", FOLDER / "shapes.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules["shapes"] = module  # dataclasses look their module up
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PUBLISHED)
def test_real_sizes_are_the_published_ones(name: str, shapes: ModuleType) -> None:
    import torch

    with torch.device("meta"):
        model = shapes.SHAPES[name](False).model
    parameters = sum(weights.numel() for weights in model.parameters())
    assert parameters / 1e6 == pytest.approx(PUBLISHED[name], abs=0.1)


def test_the_script_runs_on_toy_sizes() -> None:
    command = [sys.executable, str(FOLDER / "architectures.py"), "--device", "cpu", "--tiny"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [line.split(" | ") for line in done.stdout.splitlines() if line.startswith("| ")]
    models = {row[0][2:]: row[1:] for row in rows if len(row) == 9}
    assert set(models) == {"model", *PUBLISHED}
    vectors = {name: cells[1] for name, cells in models.items()}
    assert (vectors["ColPali-3B"], vectors["CLIP B/32"]) == ("22", "1")
    for name in PUBLISHED:
        assert all(float(cell.split(",")[0]) > 0 for cell in models[name][3:])
    latencies = [row for row in rows if len(row) == 7 and row[0] != "| model"]
    assert [row[0] for row in latencies] == ["| ColPali-3B"] * 2 + ["| ColQwen2.5-3B"] * 2


@pytest.fixture
def architectures(shapes: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(FOLDER)
    import torch

    monkeypatch.setattr(torch, "set_num_threads", lambda threads: None)  # for the tests that follow
    return importlib.import_module("architectures")


def run(
    architectures: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    *asked: str,
) -> tuple[str, str]:
    """What is printed, and what the script ends with."""
    monkeypatch.setattr("sys.argv", ["architectures.py", "--device", "cpu", "--tiny", *asked])
    with pytest.raises(SystemExit) as end:
        architectures.main()
    return capsys.readouterr().out, str(end.value)


def test_what_fails_costs_nothing_else(
    architectures: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fits(encoder: object, inputs: dict[str, object]) -> object:
        if len(inputs["pixel_values"]) > 8:
            raise MemoryError("no room")
        return ready(encoder, inputs)

    ready = architectures.RandomEncoder.run
    monkeypatch.setattr(architectures.RandomEncoder, "run", fits)
    monkeypatch.setitem(architectures.SHAPES, "SigLIP-so400m", lambda tiny: 1 / 0)
    printed, end = run(architectures, monkeypatch, capsys, "--models", "SigLIP-so400m", "CLIP B/32")
    assert "| SigLIP-so400m | ZeroDivisionError |" in printed
    assert "\n| CLIP B/32 | 0.1167 M | 1 | " in printed
    assert printed.count("MemoryError |") == 1
    assert end.strip().splitlines() == [
        "SigLIP-so400m: ZeroDivisionError: division by zero",
        "CLIP B/32, 32 at once: MemoryError: no room",
    ]


def test_after_its_minutes_the_script_begins_nothing(
    architectures: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    printed, end = run(architectures, monkeypatch, capsys, "--minutes", "0")
    assert printed.count("| no time left |") == len(PUBLISHED)
    assert end.count("no time was left") == len(PUBLISHED) + 1
