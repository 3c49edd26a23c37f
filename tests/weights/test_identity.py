from pathlib import Path

import pytest

from mmrag.weights import identity as module
from mmrag.weights.identity import identity, versions

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sub").mkdir()
    (tmp_path / "config.json").write_text('{"model_type": "clip"}')
    (tmp_path / "sub" / "model.safetensors").write_bytes(bytes(range(256)) * 4096)
    (tmp_path / "README.md").write_text("hello")
    return tmp_path


def test_a_commit_of_the_hub_is_enough(tmp_path: Path) -> None:
    folder = tmp_path / "models--a--b" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    assert identity(folder) == "commit:0123456789ab"


def test_settings_and_weights_count_and_the_rest_does_not(folder: Path) -> None:
    before = identity(folder)
    assert before == identity(folder)
    (folder / "README.md").write_text("other")
    (folder / ".cache").mkdir()
    (folder / ".cache" / "notes.json").write_text("{}")
    assert identity(folder) == before
    (folder / "config.json").write_text('{"model_type": "siglip"}')
    after = identity(folder)
    assert after != before
    with (folder / "sub" / "model.safetensors").open("r+b") as file:
        file.seek(700_000)
        file.write(b"\xff\x00")
    assert identity(folder) not in (before, after)


def test_a_folder_that_was_moved_is_the_same(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    import shutil

    assert identity(shutil.copytree(folder, tmp_path_factory.mktemp("other") / "copy")) == identity(folder)


def test_large_weights_are_sampled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = identity(folder)
    monkeypatch.setattr(module, "_WHOLE", 1000)
    monkeypatch.setattr(module, "_SAMPLES", 8)
    before = identity(folder)
    assert before != whole
    weights = folder / "sub" / "model.safetensors"
    weights.write_bytes(bytes(255 - value for value in weights.read_bytes()))
    changed = identity(folder)
    assert changed != before
    weights.write_bytes(weights.read_bytes() + b"\0")
    assert identity(folder) != changed


def test_versions_name_what_is_installed() -> None:
    import numpy as np

    numbers = np.__version__.split(".")
    assert versions("numpy", "no-such-package") == f"numpy {numbers[0]}.{numbers[1]}"
