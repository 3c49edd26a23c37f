import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmrag.errors import ModelError
from mmrag.weights import hub

COMMIT = "0123456789abcdef0123456789abcdef01234567"


def weights(path: Path, cut: int = 0) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    data = len(header).to_bytes(8, "little") + header + bytes(16)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data[: len(data) - cut])


def whole(folder: Path) -> Path:
    weights(folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    (folder / "tokenizer.json").write_text("{}")
    return folder


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of the hub, and a network that nothing may use."""
    from huggingface_hub import constants

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the hub was asked")

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("huggingface_hub.snapshot_download", refuse)
    for name in ("MMRAG_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "cache"


def cached(cache: Path, name: str, reference: str = "main", commit: str = COMMIT) -> Path:
    home = cache / f"models--{name.replace('/', '--')}"
    (home / "refs" / reference).parent.mkdir(parents=True, exist_ok=True)
    (home / "refs" / reference).write_text(commit)
    (home / "trees").mkdir(exist_ok=True)
    (home / "trees" / f"{commit}.json").write_text("{}")
    return whole(home / "snapshots" / commit)


def test_a_folder_is_found_as_it_is(cache: Path, tmp_path: Path) -> None:
    folder = whole(tmp_path / "model")
    assert hub.locate(str(folder)) == folder == hub.fetch(str(folder))
    assert hub.is_local(str(folder))
    assert not hub.is_local("openai/clip-vit-base-patch32")


def test_a_model_in_the_cache_is_found_without_asking(cache: Path) -> None:
    assert hub.locate("owner/model") is None
    folder = cached(cache, "owner/model")
    assert hub.locate("owner/model") == folder == hub.fetch("owner/model")


def test_what_another_program_fetched_in_part_is_completed(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = cached(cache, "owner/model")
    (folder.parent.parent / "trees" / f"{COMMIT}.json").unlink()
    assert hub.locate("owner/model") == folder

    def download(*_: Any, **__: Any) -> str:
        (folder / "modules.json").write_text("[]")
        return str(folder)

    def fail(*_: Any, **__: Any) -> str:
        raise OSError("no route to host")

    monkeypatch.setattr("huggingface_hub.snapshot_download", fail)
    assert hub.fetch("owner/model") == folder
    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    assert hub.fetch("owner/model") == folder
    assert not (folder / "modules.json").exists()
    monkeypatch.delenv("MMRAG_OFFLINE")
    assert hub.fetch("owner/model") == folder
    assert (folder / "modules.json").exists()


@pytest.mark.parametrize("revision", ["v1.0", "refs/pr/3"])
def test_a_revision_is_a_model_of_its_own(revision: str, cache: Path) -> None:
    cached(cache, "owner/model")
    assert hub.locate(f"owner/model@{revision}") is None
    other = cached(cache, "owner/model", revision, "f" * 40)
    assert hub.locate(f"owner/model@{revision}") == other
    assert hub.locate(f"owner/model@{COMMIT}") == cached(cache, "owner/model")


def remove_config(folder: Path) -> None:
    (folder / "config.json").unlink()


def leave_an_adapter(folder: Path) -> None:
    (folder / "config.json").rename(folder / "adapter_config.json")


def remove_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()


def remove_weights(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


def cut_weights(folder: Path) -> None:
    weights(folder / "model.safetensors", cut=5)


def spoil_header(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"version https://git-lfs.github.com/spec/v1")


def remove_shard(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "model-1.safetensors")
    shards = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(shards))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (remove_config, r"config\.json is missing"),
        (leave_an_adapter, "it is an adapter to another model, not a whole one .*"),
        (remove_tokenizer, r"its tokenizer \(tokenizer\.json\) is missing"),
        (remove_weights, "there are no weights in safetensors format"),
        (cut_weights, r"model\.safetensors is cut off"),
        (spoil_header, r"model\.safetensors is cut off"),
        (remove_shard, r"model-2\.safetensors is missing"),
    ],
)
def test_a_folder_that_is_not_whole_says_what_is_missing(
    spoil: Callable[[Path], None], message: str, cache: Path, tmp_path: Path
) -> None:
    folder = whole(tmp_path / "model")
    spoil(folder)
    assert hub.locate(str(folder)) is None
    with pytest.raises(ModelError, match=f"is not complete: {message}; copy or download it again"):
        hub.fetch(str(folder))


def test_offline_fails_at_once_and_says_how_to_fetch(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_OFFLINE", "1")
    with pytest.raises(ModelError, match=r"owner/model is not on this machine.*: hf download owner/model$"):
        hub.fetch("owner/model")
    with pytest.raises(ModelError, match=r"hf download owner/model --revision refs/pr/3$"):
        hub.fetch("owner/model@refs/pr/3")
    cut_weights(cached(cache, "owner/model"))
    with pytest.raises(
        ModelError, match=r"is only in part \(model\.safetensors is cut off\) on this machine"
    ):
        hub.fetch("owner/model")


@pytest.mark.parametrize("name", ["/no/such/folder", "./model", "a b", "owner/model/file", ""])
def test_what_can_be_no_hub_id_is_taken_for_a_folder(name: str, cache: Path) -> None:
    assert hub.locate(name) is None
    with pytest.raises(ModelError, match="there is no model folder"):
        hub.fetch(name)


def test_only_what_is_needed_is_downloaded(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def download(model: str, **options: Any) -> str:
        asked.update(options, model=model)
        return str(cached(cache, model))

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    assert hub.fetch("owner/model@v2").name == COMMIT
    assert (asked["model"], asked["revision"]) == ("owner/model", "v2")
    assert not any("bin" in pattern or "py" in pattern for pattern in asked["allow_patterns"])


def hub_error(kind: str) -> Exception:
    import httpx2
    from huggingface_hub import errors

    response = httpx2.Response(404, request=httpx2.Request("GET", "https://huggingface.co/owner/model"))
    return getattr(errors, kind)("no", response=response)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (lambda: hub_error("RepositoryNotFoundError"), "the hub has no model owner/model, or it is private"),
        (lambda: hub_error("RevisionNotFoundError"), "the hub has no model owner/model"),
        (
            lambda: hub_error("GatedRepoError"),
            "asks for its terms to be accepted: do so at https://huggingface",
        ),
        (lambda: OSError("no route\nto host"), r"could not be fetched \(no route\): check the network"),
        (lambda: RuntimeError(), r"could not be fetched \(RuntimeError\)"),
    ],
)
def test_what_the_hub_answers_is_one_line(
    failure: Callable[[], Exception], message: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(*_: Any, **__: Any) -> str:
        raise failure()

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(ModelError, match=message):
        hub.fetch("owner/model")


def test_a_model_without_safe_weights_names_another_revision(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def download(model: str, **_: Any) -> str:
        folder = cached(cache, model)
        remove_weights(folder)
        return str(folder)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    with pytest.raises(
        ModelError, match=r"can't be used: there are no weights .* name owner/model@refs/pr/N"
    ):
        hub.fetch("owner/model")
