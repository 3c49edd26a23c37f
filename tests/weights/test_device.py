import sys

import pytest

from mmrag.errors import MissingExtraError, ModelError, OutOfMemoryError
from mmrag.weights.device import device, import_sentence_transformers, import_torch, precision, running


@pytest.fixture
def no_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMRAG_DEVICE", raising=False)


@pytest.mark.parametrize(
    ("cuda", "mps", "expected"), [(True, True, "cuda"), (False, True, "mps"), (False, False, "cpu")]
)
def test_the_best_device_there_is(
    cuda: bool, mps: bool, expected: str, no_choice: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert device() == expected


def test_the_environment_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    for chosen in ("cpu", "cuda", "cuda:1"):
        monkeypatch.setenv("MMRAG_DEVICE", chosen.upper())
        assert device() == chosen
    monkeypatch.setenv("MMRAG_DEVICE", "cuda:2")
    with pytest.raises(ModelError, match="MMRAG_DEVICE is 'cuda:2', which torch does not find here"):
        device()


@pytest.mark.parametrize("chosen", ["gpu", "cuda:x", "tpu:0"])
def test_what_is_no_device_is_named(chosen: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_DEVICE", chosen)
    with pytest.raises(ModelError, match="none of cuda, cuda:N, mps and cpu"):
        device()


def test_a_device_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("MMRAG_DEVICE", "cuda")
    with pytest.raises(ModelError, match="torch does not find here; there is .*cpu"):
        device()


def test_precision_follows_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.delenv("MMRAG_PRECISION", raising=False)
    assert precision("cpu") == "float32"
    assert precision("mps") == "float16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert precision("cuda:1") == "bfloat16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert precision("cuda") == "float16"


def test_the_precision_of_another_machine_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMRAG_PRECISION", "BFloat16")
    assert precision("cpu") == precision("cuda") == "bfloat16"
    monkeypatch.setenv("MMRAG_PRECISION", "int8")
    with pytest.raises(
        ModelError, match="MMRAG_PRECISION is 'int8', which is none of float32, bfloat16, float16"
    ):
        precision("cpu")


@pytest.mark.parametrize(
    ("package", "load"), [("torch", import_torch), ("transformers", import_sentence_transformers)]
)
def test_a_package_that_is_not_installed_gives_the_install_line(
    package: str, load: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    message = rf"st:a/b needs the package {package}, .*: pip install 'mmrag\[models\]'"
    with pytest.raises(MissingExtraError, match=message):
        load("st:a/b")


@pytest.mark.parametrize(
    ("raised", "expected", "message"),
    [
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nmore"),
            OutOfMemoryError,
            "st:a ran out of memory: CUDA",
        ),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), OutOfMemoryError, "ran out of memory"),
        (RuntimeError("MPS backend out of memory"), OutOfMemoryError, "ran out of memory"),
        (MemoryError(), OutOfMemoryError, "ran out of memory: MemoryError"),
        (ValueError("first\nsecond"), ModelError, "^st:a failed: first$"),
        (KeyError(), ModelError, "^st:a failed: KeyError$"),
        (
            ModuleNotFoundError("no", name="timm.layers"),
            MissingExtraError,
            r"needs the package timm, .*mmrag\[models\]",
        ),
        (
            ImportError("X requires the Torchvision library"),
            ModelError,
            r"Torchvision library; try: pip install 'mmrag\[models\]'",
        ),
        (ModelError("as it is"), ModelError, "^as it is$"),
    ],
)
def test_what_a_model_raises_becomes_an_error_of_ours(
    raised: Exception, expected: type[Exception], message: str
) -> None:
    with pytest.raises(expected, match=message) as caught, running("st:a"):
        raise raised
    assert caught.type is expected
