"""Libraries that report to their makers are told not to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

USE = """
import mmrag, os, time
import numpy as np
from PIL import Image
from mmrag.vision.ocr import read_text
read_text(Image.new("RGB", (200, 80), "white"))
time.sleep(0.2)
"""


def test_a_model_of_onnx_runtime_leaves_no_trace_of_telemetry(tmp_path: Path) -> None:
    """Its telemetry keeps an id and a queue under the user's cache before it sends anything."""
    environment = {name: value for name, value in os.environ.items() if "TELEMETRY" not in name}
    places = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    subprocess.run([sys.executable, "-c", USE], env=environment | places, check=True, timeout=120)
    assert [path for path in tmp_path.rglob("*") if "icrosoft" in str(path)] == []


@pytest.mark.parametrize("name", ["ORT_DISABLE_TELEMETRY", "HF_HUB_DISABLE_TELEMETRY"])
def test_the_user_has_the_last_word(name: str) -> None:
    code = f"import mmrag, os; print(os.environ[{name!r}])"
    for given, wanted in ((None, "1"), ("0", "0")):
        environment = {key: value for key, value in os.environ.items() if key != name}
        environment |= {} if given is None else {name: given}
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        assert done.stdout.strip() == wanted
