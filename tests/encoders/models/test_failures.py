"""What can be wrong with a model before it runs, and what is said then."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders import batching, load_encoder, load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.encoders.batching import encode_pages, encode_texts
from mmrag.errors import MissingExtraError, ModelError, SpecError
from mmrag.rerankers import load_reranker
from tests.tiny import contrastive, late, sentence

Tiny = Callable[..., Path]
LOADERS = {
    "st": load_encoder,
    "clip": load_encoder,
    "siglip": load_encoder,
    "open_clip": load_encoder,
    "col": load_page_encoder,
}


@pytest.mark.parametrize(
    ("load", "spec", "message"),
    [
        (load_encoder, "clipp:openai/clip", "no encoder is named 'clipp:openai/clip'; did you mean|known:"),
        (load_encoder, "clip:", r"no encoder is named 'clip:'; did you mean clip:\*"),
        (load_page_encoder, "colpali:a/b", "no page encoder is named 'colpali:a/b'"),
        (load_page_encoder, "mini:text", "no page encoder is named 'mini:text'"),
        (load_reranker, "crosss:a/b", "no reranker is named 'crosss:a/b'"),
        (load_reranker, "no.such:Thing", "the reranker no.such:Thing can't be imported"),
    ],
)
def test_an_unknown_spec_is_named(load: Any, spec: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        load(spec)


@pytest.mark.parametrize(
    ("family", "module", "package"),
    [
        ("st", "sentence_transformers", "sentence-transformers"),
        ("clip", "transformers", "transformers"),
        ("siglip", "torch", "torch"),
        ("open_clip", "open_clip", "open_clip_torch"),
        ("col", "torch", "torch"),
    ],
)
def test_an_extra_that_is_not_installed_is_told_before_anything_is_fetched(
    family: str, module: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    encoder = LOADERS[family](f"{family}:owner/model")
    message = rf"{family}:owner/model needs the package {package}, .*: pip install 'mmrag\[models\]'"
    for ask in (lambda: encoder.fingerprint, lambda: encoder.encode_queries(["a"])):
        with pytest.raises(MissingExtraError, match=message):
            ask()


@pytest.mark.parametrize("family", LOADERS)
def test_a_model_that_is_nowhere_says_how_to_fetch_it(family: str) -> None:
    encoder = LOADERS[family](f"{family}:owner/model")
    for ask in (lambda: encoder.fingerprint, lambda: encoder.dim, lambda: encoder.encode_queries(["a"])):
        with pytest.raises(ModelError, match="owner/model is not on this machine.*hf download owner/model"):
            ask()


@pytest.mark.parametrize(
    ("family", "build"),
    [
        ("st", sentence.bert),
        ("clip", contrastive.clip),
        ("open_clip", contrastive.open_clip),
        ("col", late.colpali),
    ],
)
def test_a_folder_without_its_weights_is_not_complete(
    family: str, build: Any, tiny: Tiny, tmp_path: Path
) -> None:
    folder = shutil.copytree(tiny(build), tmp_path / "model")
    for path in folder.rglob("*.safetensors"):
        path.unlink()
    with pytest.raises(ModelError, match="is not complete: there are no weights in safetensors format"):
        LOADERS[family](f"{family}:{folder}").encode_queries(["a"])


def test_a_folder_without_its_tokenizer_is_not_complete(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(contrastive.clip), tmp_path / "model")
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"is not complete: its tokenizer \(tokenizer\.json\) is missing"):
        load_encoder(f"clip:{folder}").encode_queries(["a"])


def test_a_folder_without_its_processor_fails_with_one_line(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(late.colqwen2), tmp_path / "model")
    (folder / "processor_config.json").unlink()
    with pytest.raises(ModelError) as caught:
        load_page_encoder(f"col:{folder}").encode_queries(["a"])
    assert str(caught.value).startswith(f"col:{folder} failed: ")
    assert "\n" not in str(caught.value)


def test_settings_of_another_model_fail_with_one_line(tiny: Tiny, tmp_path: Path) -> None:
    folder = shutil.copytree(tiny(contrastive.clip), tmp_path / "model")
    (folder / "config.json").write_text('{"model_type": "no-such-model"}')
    with pytest.raises(ModelError, match="failed: .*no-such-model"):
        load_encoder(f"clip:{folder}").encode_texts(["a"])


@pytest.fixture
def small_memory(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str, int], None]:
    """Lets a method of a library's model fail as torch does, when its first tensor has too many rows."""
    monkeypatch.setattr(batching, "_fitting", {})

    def limit(target: Any, method: str, rows: int) -> None:
        import torch

        whole = getattr(target, method)

        def limited(*arguments: Any, **named: Any) -> Any:
            tensor = next(iter(named.values()), None)
            if tensor is not None and len(tensor) > rows:
                raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB.")
            return whole(*arguments, **named)

        monkeypatch.setattr(target, method, limited)

    return limit


def test_texts_that_do_not_fit_are_halved(
    tiny: Tiny, small_memory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load_encoder(f"clip:{tiny(contrastive.clip)}")
    texts = [f"text {number}" for number in range(7)]
    expected = encoder.encode_texts(texts)
    small_memory(encoder._model, "get_text_features", 2)
    np.testing.assert_allclose(encode_texts(encoder, texts), expected, rtol=0, atol=1e-6)
    assert [record.getMessage().partition(": ")[2] for record in caplog.records] == [
        "memory ran out with 7 at once; going on with 4",
        "memory ran out with 4 at once; going on with 2",
    ]


def test_pages_that_do_not_fit_are_halved(
    tiny: Tiny, small_memory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    encoder = load_page_encoder(f"col:{tiny(late.colpali)}")
    pages = [PageView((), (), lambda: Image.new("RGB", (30, 40), "red"))] * 3
    expected = encode_pages(encoder, pages)
    model = encoder._model._model
    small_memory(model, "forward", 1)
    for one, other in zip(encode_pages(encoder, pages), expected, strict=True):
        np.testing.assert_allclose(one.vectors, other.vectors, rtol=0, atol=1e-6)
    assert len(caplog.records) == 2


def test_one_text_that_does_not_fit_says_what_to_do(tiny: Tiny, small_memory: Any) -> None:
    encoder = load_encoder(f"clip:{tiny(contrastive.clip)}")
    small_memory(encoder._model, "get_text_features", 0)
    with pytest.raises(ModelError, match="CUDA out of memory.*one at a time: free memory, take"):
        encode_texts(encoder, ["a", "b"])


def test_naming_a_model_loads_no_library() -> None:
    import subprocess

    code = (
        "import sys; from mmrag.rerankers import load_reranker\n"
        "from mmrag.encoders import load_encoder, load_page_encoder\n"
        "[load_encoder(f'{each}:a/b') for each in ('st', 'clip', 'siglip', 'open_clip')]\n"
        "[load_page_encoder(f'{each}:a/b') for each in ('col', 'st', 'clip')]\n"
        "[load_reranker(f'{each}:a/b') for each in ('cross', 'itm', 'vlm')]\n"
        "print(sorted({'torch', 'transformers', 'open_clip', 'huggingface_hub'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
