"""What a photo shows: EfficientNet-Lite0 (Tan & Le 2019) over the thousand classes of ImageNet."""

from __future__ import annotations

import hashlib
import threading
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mmrag.errors import ModelError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

SHA256 = "1fcdf633f25b60265e7ed29c34b818269bcf4ef5fd740c16994d7606cfa433bf"
SYNONYMS_SHA256 = "4eb3da435cf544e4a6f390f62c84cb9c9bb68cf8b14e97f8a063452382e5efd2"
_SIDE = 224
_SURE = 0.5  # the first class must be this likely before anything is said
_ALSO = 0.12
_MOST = 3


class Classifier:
    """Names what is in a photo, and is silent where it is not sure. Loads when it is first asked."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def names(self, picture: Image.Image) -> list[str]:
        """Up to three class names, the likeliest first; none where no class is likely.

        Args:
            picture: RGB, of any size.

        Raises:
            ModelError: if the weights are damaged or can't be run.
        """
        likely = self.probabilities(picture)
        best = np.argsort(-likely)[:_MOST]
        if likely[best[0]] < _SURE:
            return []
        return [self.classes[number] for number in best if likely[number] >= _ALSO]

    def probabilities(self, picture: Image.Image) -> NDArray[np.float32]:
        """``(1000,)`` float32, in the order of `classes`; they add up to 1.

        Args:
            picture: RGB, of any size.

        Raises:
            ModelError: as `names`.
        """
        small = picture.resize((_SIDE, _SIDE), Image.Resampling.BICUBIC)
        pixels = (np.asarray(small, dtype=np.float32).transpose(2, 0, 1)[None] - 127) / 128
        with self._lock:
            session = self._session
        try:
            (scores,) = session.run(["scores"], {"pixels": pixels})
        except Exception as error:  # onnxruntime has no common base for what it raises
            raise ModelError(f"the picture classifier failed: {error}") from error
        likely = np.exp(scores[0] - scores[0].max())
        return np.asarray(likely / likely.sum(), dtype=np.float32)

    @cached_property
    def classes(self) -> list[str]:
        """Names of the thousand classes."""
        return _lines("classes.txt")

    @cached_property
    def synonyms(self) -> list[str]:
        """All names of each of them, commas between."""
        return _lines("synonyms.txt")

    @cached_property
    def _session(self) -> InferenceSession:
        import onnxruntime

        weights = (files("mmrag.vision") / "classifier.onnx").read_bytes()
        if hashlib.sha256(weights).hexdigest() != SHA256:
            raise ModelError(
                "the picture classifier is not the one that was installed: "
                "pip install --force-reinstall mmrag"
            )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(weights, options, providers=["CPUExecutionProvider"])


def _lines(name: str) -> list[str]:
    return (files("mmrag.vision") / name).read_text(encoding="utf-8").splitlines()
