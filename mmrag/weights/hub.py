"""Where the files of a model are: in a local folder, or in the cache of the Hugging Face hub.

Only safetensors weights are looked for and fetched: they hold numbers, where a pickle could hold code. What
is on this machine is used as it is, without asking the network whether there is a newer one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mmrag.config.offline import is_offline
from mmrag.errors import MissingExtraError, ModelError
from mmrag.weights.device import import_torch, require

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?(@[\w./-]+)?")
_ADAPTER = "it is an adapter to another model, not a whole one (the whole one is often named merged or hf)"
_NO_WEIGHTS = "there are no weights in safetensors format"
_CONFIGS = ("config.json", "modules.json", "open_clip_config.json")
_TOKENIZERS = (
    "tokenizer.json",
    "vocab.txt",
    "vocab.json",
    "tokenizer.model",
    "spiece.model",
    "sentencepiece.bpe.model",
)
_FETCHED = ("*.safetensors", "*.json", "*.txt", "*.model", "*.jinja", "*.tiktoken")
_NOT_FETCHED = ("onnx/*", "openvino/*", "original/*", "consolidated*", "coreml/*")
_LARGEST_HEADER = 100_000_000


def locate(name: str) -> Path | None:
    """The folder on this machine that holds the model, whole; else ``None``. Never uses the network.

    Args:
        name: a local folder, or a hub id (``owner/model``, or ``owner/model@revision`` for one state of it).
    """
    folder = _folder(name)
    return folder if folder is not None and not missing_from(folder) else None


def fetch(name: str) -> Path:
    """As `locate`, but what is not on this machine is downloaded.

    Raises:
        ModelError: if a folder is not complete, if the model is missing and the network is forbidden or
            can't be reached, or if the hub has no such model; the message says how to get it.
    """
    folder = _folder(name)
    missing = () if folder is None else missing_from(folder)
    if folder is not None and not missing:
        return folder if is_local(name) or is_offline() or _is_snapshot(folder) else _completed(name, folder)
    if folder is not None and is_local(name):
        raise ModelError(f"the model folder {name} is not complete: {missing[0]}; copy or download it again")
    if not _HUB_ID.fullmatch(name):
        raise ModelError(f"there is no model folder {name}, and that is no hub id, which reads owner/model")
    if is_offline():
        found = f"only in part ({missing[0]})" if missing else "not"
        raise ModelError(
            f"the model {name} is {found} on this machine, and MMRAG_OFFLINE or HF_HUB_OFFLINE forbids to "
            f"fetch it: unset it, or run on a machine with a network: {_command(name)}"
        )
    return _download(name)


def is_local(name: str) -> bool:
    """Whether ``name`` is a folder of this machine rather than a hub id."""
    return bool(name) and Path(name).expanduser().is_dir()


def looks_local(name: str) -> bool:
    """Whether ``name`` can only mean a folder, there or not: it begins with ``.``, ``~`` or a root."""
    return name.startswith((".", "~")) or Path(name).is_absolute()


def open_clip_repository(name: str) -> str:
    """The hub id under which the weights of open_clip's ``model/pretrained`` are; other names as they are."""
    model, _, pretrained = name.partition("/")
    if is_local(name) or not pretrained or find_spec("open_clip") is None:
        return name
    listed = import_open_clip(f"open_clip:{name}").pretrained.get_pretrained_cfg(model, pretrained)
    return "/".join(listed.get("hf_hub", "").split("/")[:2]) or name


def import_open_clip(what: str) -> Any:
    """The module open_clip.

    Args:
        what: what needs it, for the message.

    Raises:
        MissingExtraError: if torch or open_clip is not installed.
        ModelError: if an installed torchvision can't be made to work.
    """
    import_torch(what)
    require(what, "open_clip")
    import open_clip

    return open_clip


def missing_from(folder: Path) -> tuple[str, ...]:
    """What keeps the folder from being a whole model, one line each; nothing if it is whole."""
    if not any((folder / config).is_file() for config in _CONFIGS):
        adapter = (folder / "adapter_config.json").is_file()
        return (_ADAPTER if adapter else f"{_CONFIGS[0]} is missing",)
    # Without its files transformers makes up some tokenizers that know no word. open_clip brings its own.
    words = (next(folder.rglob(name), None) for name in _TOKENIZERS)
    if not (folder / "open_clip_config.json").is_file() and not any(words):
        return (f"its tokenizer ({_TOKENIZERS[0]}) is missing",)
    problems = [
        f"{index.parent.relative_to(folder) / shard} is missing"
        for index in sorted(folder.rglob("*.safetensors.index.json"))
        for shard in _shards(index)
        if not (index.parent / shard).is_file()
    ]
    weights = _weights(folder)
    if not weights and not problems:
        problems.append(_NO_WEIGHTS)
    problems += [f"{path.relative_to(folder)} is cut off" for path in weights if not _is_whole(path)]
    return tuple(problems)


def _folder(name: str) -> Path | None:
    if is_local(name):
        return Path(name).expanduser()
    if not _HUB_ID.fullmatch(name):
        return None
    try:
        from huggingface_hub import constants
    except ImportError:
        return None
    model, _, revision = name.partition("@")
    home = Path(constants.HF_HUB_CACHE) / f"models--{model.replace('/', '--')}"
    reference = home / "refs" / (revision or "main")
    commit = reference.read_text(encoding="utf-8").strip() if reference.is_file() else revision
    snapshot = home / "snapshots" / commit
    return snapshot if commit and snapshot.is_dir() else None


def _download(name: str) -> Path:
    try:
        from huggingface_hub import errors, snapshot_download
    except ImportError as error:
        raise MissingExtraError(f"fetching {name}", "huggingface_hub", "models") from error
    model, _, revision = name.partition("@")
    try:
        folder = Path(
            snapshot_download(
                model,
                revision=revision or None,
                allow_patterns=list(_FETCHED),
                ignore_patterns=list(_NOT_FETCHED),
            )
        )
    except errors.GatedRepoError as error:
        raise ModelError(
            f"the model {name} asks for its terms to be accepted: do so at https://huggingface.co/{model}, "
            "then run: hf auth login"
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError) as error:
        raise ModelError(f"the hub has no model {name}, or it is private: run hf auth login") from error
    except (OSError, ValueError, RuntimeError, errors.HTTPError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(
            f"the model {name} could not be fetched ({reason}): check the network, or copy the model here "
            "and name its folder"
        ) from error
    missing = missing_from(folder)
    if missing:
        elsewhere = f"; where its page on the hub has them as pull request N, name {model}@refs/pr/N"
        raise ModelError(
            f"the model {name} can't be used: {missing[0]}{elsewhere if missing[0] == _NO_WEIGHTS else ''}"
        )
    return folder


def _is_snapshot(folder: Path) -> bool:
    """Whether the hub's listing of the files lies beside them, as it does when all are fetched at once."""
    return (folder.parent.parent / "trees" / f"{folder.name}.json").is_file()


def _completed(name: str, folder: Path) -> Path:
    """A model that another program fetched file by file, with those that it did not ask for.

    Without those, such as how tokens become one vector, a model gives other vectors and no error.
    """
    try:
        return _download(name)
    except ModelError:
        return folder


def _command(name: str) -> str:
    model, _, revision = name.partition("@")
    return f"hf download {model}" + (f" --revision {revision}" if revision else "")


def _weights(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


def _shards(index: Path) -> list[str]:
    data = read_json(index)
    shards = data.get("weight_map", {}) if isinstance(data, Mapping) else {}
    return sorted({str(shard) for shard in shards.values()})


def read_json(path: Path) -> Any:
    """What a file of a model says; ``None`` where there is none, or none that can be read."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _is_whole(path: Path) -> bool:
    """Whether the file ends where its header (8 bytes of length, JSON with the tensors' places) says."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(_LARGEST_HEADER, size - 8):
            return False
        try:
            header = json.loads(file.read(length))
            ends = [place["data_offsets"][1] for key, place in header.items() if key != "__metadata__"]
        except (ValueError, AttributeError, KeyError, IndexError, TypeError):
            return False
    return size == 8 + length + max(ends, default=0)
