"""ONNX models for OCR: where the weights are, and how they are run."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from mmrag.errors import ModelError
from mmrag.vision.sessions import limited


def models_folder() -> Path:
    """Where the installed rapidocr package keeps its weights. The package itself is not imported.

    Raises:
        ModelError: if it is not installed.
    """
    found = importlib.util.find_spec("rapidocr")
    if found is None or not found.submodule_search_locations:
        raise ModelError("OCR needs the weights of the package rapidocr: pip install 'rapidocr>=3.10,<4'")
    return Path(found.submodule_search_locations[0]) / "models"


def make_session(weights: Path, threads: int) -> Any:
    """An onnxruntime session on the processor.

    Args:
        weights: an ``.onnx`` file.
        threads: that one run may use.

    Raises:
        ModelError: if the file is missing or can't be loaded.
    """
    import onnxruntime

    if not weights.is_file():
        raise ModelError(
            f"OCR needs {weights.name}, which is not in {weights.parent}: pip install --force-reinstall "
            "'rapidocr>=3.10,<4'"
        )
    options = limited(onnxruntime.SessionOptions(), threads)
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        reason = " ".join(str(error).split())[:200]
        raise ModelError(f"the OCR model {weights.name} can't be loaded: {reason}") from error
