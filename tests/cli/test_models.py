"""``mmrag models``, with a hub of our own on this machine in place of the real one."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from mmrag.cli import fetching
from mmrag.config.offline import is_offline
from mmrag.errors import ModelError
from mmrag.weights import hub
from tests.cli.running import Run

RECIPE = """
strategies: [caption]
caption: {captioner: mini:caption, encoders: [mini:text, "st:owner/small"]}
joint: {encoders: ["siglip:owner/joint"]}
"""
"""Two models of a hub, one of them in a strategy that is off."""


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, a recipe ``my.yaml`` beside it, and all packages installed."""
    from huggingface_hub import constants

    cache = tmp_path / "cache"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
    monkeypatch.setattr("mmrag.models.is_importable", lambda _: True)
    monkeypatch.chdir(tmp_path)
    for name in ("MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "")
    (tmp_path / "my.yaml").write_text(RECIPE)
    return cache


def put(cache: Path, name: str, size: int = 1000) -> Path:
    """A whole model in the cache, as the hub's library lays it out."""
    home = cache / f"models--{name.replace('/', '--')}"
    folder = home / "snapshots" / "c0ffee"
    folder.mkdir(parents=True)
    (home / "refs").mkdir()
    (home / "refs" / "main").write_text("c0ffee")
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    header = json.dumps({"w": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}}).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
    return folder


def test_mini_needs_nothing(mmrag: Run) -> None:
    result = mmrag("models")
    assert result.code == 0
    assert "✗" not in result.out
    assert "mini:visual  pages become vectors · comes with mmrag" in result.out
    assert "Ready: mmrag index FOLDER --pipeline mini" in result.out
    assert result.out.splitlines()[-1] == "Other recipes: api, base, large, zh"


def test_what_is_missing_is_listed_and_is_no_error(mmrag: Run) -> None:
    result = mmrag("models", "--pipeline", "base")
    assert result.code == 0
    assert (
        "✗ st:ibm-granite/granite-embedding-97m-multilingual-r2  text becomes vectors · about 0.2 GB"
        in result.out
    )
    assert "Not on this machine: 2 models, about 1.2 GB. Fetch: mmrag models --pipeline base --fetch" in (
        result.out
    )
    assert "Ready" not in result.out


def test_offline_what_is_missing_is_an_error_at_once(mmrag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr("socket.socket.connect", refuse)
    result = mmrag("models", "--pipeline", "my.yaml", "--offline")
    assert result.code == 1
    assert "not on this machine" in result.out
    assert result.error == "mmrag: 1 model of the recipe my.yaml can't be used here and now: st:owner/small"
    assert is_offline()


def test_offline_is_fine_where_all_is_here(mmrag: Run, machine: Path) -> None:
    put(machine, "owner/small")
    result = mmrag("models", "--pipeline", "my.yaml", "--offline")
    assert result.code == 0
    assert "Ready: mmrag index FOLDER --pipeline my.yaml" in result.out


def test_a_model_that_is_here_with_its_size_and_place(mmrag: Run, machine: Path) -> None:
    folder = put(machine, "owner/small", 30_000_000)
    result = mmrag("models", "--pipeline", "my.yaml")
    assert f"✓ st:owner/small  text becomes vectors · 30 MB · {machine}/models--owner--small" in result.out
    (folder / "model.safetensors").write_bytes(b"cut off")
    assert "✗ st:owner/small" in mmrag("models", "--pipeline", "my.yaml").out


def test_strategies_that_are_off_are_listed_when_asked_for(mmrag: Run) -> None:
    assert "owner/joint" not in mmrag("models", "--pipeline", "my.yaml").out
    result = mmrag("models", "--pipeline", "my.yaml", "--strategy", "joint")
    assert "siglip:owner/joint  text and pictures become vectors" in result.out
    assert "mini:caption" not in result.out
    assert "Fetch: mmrag models --pipeline my.yaml --strategy joint --fetch" in result.out
    assert "joint, caption" in mmrag("models", "--pipeline", "my.yaml", "--strategy", "joint,caption").out
    both = mmrag("models", "--pipeline", "my.yaml", "--strategy", "all").out
    assert "owner/joint" in both
    assert "owner/small" in both


def test_a_name_with_a_blank_can_be_pasted_into_a_shell(mmrag: Run, machine: Path) -> None:
    Path("my own.yaml").write_bytes(Path("my.yaml").read_bytes())
    assert "--pipeline 'my own.yaml' --fetch" in mmrag("models", "--pipeline", "my own.yaml").out


def test_packages_that_are_missing_come_with_the_line_that_installs_them(
    mmrag: Run, machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(machine, "owner/small")
    monkeypatch.setattr("mmrag.models.is_importable", lambda name: name != "torch")
    result = mmrag("models", "--pipeline", "my.yaml")
    assert "needs torch" in result.out
    assert "Not installed: torch. Install: pip install 'mmrag[models]'" in result.out
    assert mmrag("models", "--pipeline", "my.yaml", "--offline").code == 1


def test_fetching(mmrag: Run, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def fetch(name: str) -> Path:
        asked.append(name)
        return put(machine, name)

    monkeypatch.setattr(hub, "fetch", fetch)
    result = mmrag("models", "--pipeline", "my.yaml", "--fetch")
    assert (result.code, asked) == (0, ["owner/small"])
    assert result.err.splitlines()[0] == "Fetching owner/small"
    assert result.err.splitlines()[1].startswith("Fetched owner/small: 0 MB in ")
    assert "✓ st:owner/small" in result.out
    mmrag("models", "--pipeline", "my.yaml", "--fetch")
    assert asked == ["owner/small"]


def test_fetching_that_fails(mmrag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fetch(name: str) -> Path:
        raise ModelError(f"the hub has no model {name}")

    monkeypatch.setattr(hub, "fetch", fetch)
    result = mmrag("models", "--pipeline", "my.yaml", "--fetch")
    assert result.code == 1
    assert result.err.splitlines()[-1] == "mmrag: the hub has no model owner/small"


def test_fetch_and_offline_exclude_each_other(mmrag: Run) -> None:
    result = mmrag("models", "--fetch", "--offline")
    assert result.code == 2
    assert "--fetch needs the network" in result.error


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--strategy", "vusial"), "--strategy wants joint, caption, visual or all, found 'vusial'"),
        (("--pipeline", "bsae"), "no recipe is named 'bsae'"),
    ],
)
def test_a_wrong_call(mmrag: Run, words: tuple[str, ...], message: str) -> None:
    result = mmrag("models", *words)
    assert result.code == 2
    assert message in result.error


def test_as_json(mmrag: Run, machine: Path) -> None:
    folder = put(machine, "owner/small", 500)
    told = mmrag("models", "--pipeline", "my.yaml", "--json").json
    assert (told["recipe"], told["ready"]) == ("my", True)
    small = next(model for model in told["models"] if model["spec"] == "st:owner/small")
    size = sum(path.stat().st_size for path in folder.iterdir())
    assert small == {
        "spec": "st:owner/small",
        "roles": ["text becomes vectors"],
        "origin": "hub",
        "name": "owner/small",
        "path": str(folder),
        "size": size,
        "packages": [],
        "problem": "",
    }


def test_what_has_arrived_counts_parts_of_files(machine: Path) -> None:
    blobs = machine / "models--owner--small" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "aa").write_bytes(bytes(700))
    (blobs / "bb.incomplete").write_bytes(bytes(50))
    assert fetching.arrived("owner/small@refs/pr/1") == 750
    assert fetching.arrived("owner/none") == 0
