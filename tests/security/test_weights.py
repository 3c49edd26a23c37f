"""Model folders that bring code along, in files that a config names and in pickles: none of it runs."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mmrag.encoders import load_encoder, load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.encoders.batching import encode_pages, encode_texts
from mmrag.errors import ModelError
from mmrag.rerankers import load_reranker
from mmrag.rerankers.base import Candidate
from tests.tiny import contrastive, late, rerankers, sentence
from tests.tiny.fixtures import no_network, on_the_cpu_offline, tiny

__all__ = ["no_network", "on_the_cpu_offline", "tiny"]

Tiny = Callable[..., Path]


def _texts(spec: str) -> None:
    encode_texts(load_encoder(spec), ["The tide turns."])


def _pages(spec: str) -> None:
    page = PageView((), (), lambda: Image.new("RGB", (64, 64), "white"))
    list(encode_pages(load_page_encoder(spec), [page]))


def _pairs(spec: str) -> None:
    picture = Image.new("RGB", (8, 8))
    load_reranker(spec).score("tide", [Candidate("The tide turns.", lambda: picture)])


FAMILIES: dict[str, tuple[Any, str, Callable[[str], None]]] = {
    "st": (sentence.bert, "st", _texts),
    "clip": (contrastive.clip, "clip", _texts),
    "open_clip": (contrastive.open_clip, "open_clip", _texts),
    "col": (late.colpali, "col", _pages),
    "cross": (rerankers.cross, "cross", _pairs),
}


class Payload:
    """Unpickled, it makes a file."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self._mark,)


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest, tiny: Tiny, tmp_path: Path) -> tuple[Path, str, Any]:
    """A copy of a small model's folder, its spec, and what uses it."""
    build, name, use = FAMILIES[request.param]
    folder = tmp_path / "model"
    shutil.copytree(tiny(build), folder)
    return folder, f"{name}:{folder}", use


def test_code_that_a_config_names_is_not_run(family: tuple[Path, str, Any], tmp_path: Path) -> None:
    folder, spec, use = family
    mark = tmp_path / "ran"
    code = f"import pathlib\npathlib.Path({str(mark)!r}).touch()\nclass Evil: pass\n"
    for name in ("evil.py", "modeling_evil.py", "tokenization_evil.py", "processing_evil.py", "setup.py"):
        (folder / name).write_text(code)
    named = dict.fromkeys(
        ("AutoConfig", "AutoModel", "AutoTokenizer", "AutoProcessor", "AutoModelForSequenceClassification"),
        "modeling_evil.Evil",
    )
    for kind in ("", "tokenizer_", "processor_", "preprocessor_"):
        for config in folder.rglob(f"{kind}config.json"):
            data = json.loads(config.read_text(encoding="utf-8"))
            if "pooling_mode" not in data:  # one of sentence-transformers' own, which it takes for arguments
                config.write_text(json.dumps({**data, "auto_map": named, "trust_remote_code": True}))
    with suppress(ModelError):  # some libraries take such a folder as it is, some refuse it
        use(spec)
    assert not mark.exists()


def test_pickles_beside_the_weights_are_left_alone(family: tuple[Path, str, Any], tmp_path: Path) -> None:
    folder, spec, use = family
    mark = tmp_path / "ran"
    for name in (
        "pytorch_model.bin", "model.pt", "training_args.bin", "optimizer.pt", "open_clip_pytorch_model.bin",
        "open_clip_model.pt", "model.pkl", "pytorch_model.bin.index.json",
    ):  # fmt: skip
        for place in {folder, *(path.parent for path in folder.rglob("*.safetensors"))}:
            (place / name).write_bytes(pickle.dumps(Payload(mark)))
    use(spec)
    assert not mark.exists()


def test_weights_in_a_pickle_are_refused(family: tuple[Path, str, Any], tmp_path: Path) -> None:
    folder, spec, use = family
    mark = tmp_path / "ran"
    for weights in folder.rglob("*.safetensors"):
        for name in ("pytorch_model.bin", "open_clip_pytorch_model.bin"):
            weights.with_name(name).write_bytes(pickle.dumps(Payload(mark)))
        weights.unlink()
    with pytest.raises(ModelError, match="safetensors"):
        use(spec)
    assert not mark.exists()
    pickle.loads((next(folder.rglob("pytorch_model.bin"))).read_bytes())
    assert mark.exists()  # it would have
