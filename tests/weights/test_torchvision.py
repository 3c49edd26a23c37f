"""Each case runs in a process of its own, since what is imported stays imported."""

import subprocess
import sys
from pathlib import Path

BROKEN = """
import torch
torch.library.register_fake("torchvision::nms")(lambda *_: None)
import torchvision.inner
"""
CALL = "from mmrag.weights.torchvision import prepare_torchvision as prepare\n"


def run(code: str, package: Path | None = None) -> str:
    start = "" if package is None else f"import sys; sys.path.insert(0, {str(package)!r})\n"
    done = subprocess.run([sys.executable, "-c", start + CALL + code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def fake(folder: Path, code: str) -> Path:
    (folder / "torchvision").mkdir()
    (folder / "torchvision" / "__init__.py").write_text(code)
    (folder / "torchvision" / "inner.py").write_text("")
    return folder


def test_the_installed_one_can_be_imported() -> None:
    code = (
        "prepare(); prepare(); from torchvision.transforms.v2 import functional; print(functional.__name__)"
    )
    assert run(code) == "torchvision.transforms.v2.functional"


def test_one_without_its_operators_is_given_their_names(tmp_path: Path) -> None:
    package = fake(tmp_path, BROKEN)
    assert (
        run("prepare(); import torchvision; print(torchvision.inner.__name__)", package)
        == "torchvision.inner"
    )


def test_one_that_fails_all_the_same_is_named(tmp_path: Path) -> None:
    package = fake(tmp_path, "import torch\nraise AttributeError('torch has no x')")
    code = (
        "from mmrag.errors import ModelError\nimport sys\n"
        "try: prepare()\nexcept ModelError as error: print(error)\nprint('torchvision' in sys.modules)"
    )
    message, left = run(code, package).splitlines()
    assert message.startswith("torchvision 0.")
    assert "does not work with torch 2." in message
    assert "(torch has no x): install the torchvision that belongs to this torch" in message
    assert left == "False"


def test_none_is_none() -> None:
    assert (
        run("import sys; sys.modules['torchvision'] = None; prepare(); print('torch' in sys.modules)")
        == "False"
    )
