"""Text in pixels: PP-OCRv6 (Chinese, English and other Latin scripts) from the rapidocr package.

The weights are in the installed package; nothing is ever fetched.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mmrag.errors import ModelError
from mmrag.ingest.raster import on_white
from mmrag.ingest.reading_order import reading_order
from mmrag.types import BBox

if TYPE_CHECKING:
    from PIL.Image import Image

OCR_VERSION = "ppocrv6-small-1"
"""Changes whenever the same picture would give other lines."""

MIN_CONFIDENCE = 0.6
_DETECTION = "PP-OCRv6_det_small.onnx"
_RECOGNITION = "PP-OCRv6_rec_small.onnx"
_MIN_SIDE = 8
_MAX_SIDE = 3200
_GROWN_SIDE = 1200


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line of text, or one cell of a row that has wide gaps.

    Attributes:
        text: as read, with its spaces.
        bbox: around it, as fractions of the picture.
        confidence: mean over its characters, 0..1.
    """

    text: str
    bbox: BBox
    confidence: float


def read_text(image: Image, *, threads: int = 1) -> list[OcrLine]:
    """The lines of text in ``image``, in reading order; empty if there are none.

    Lines that were read with a confidence below `MIN_CONFIDENCE` are left out. Pictures with a side
    over 3,200 pixels are read at that size. The models are loaded on the first call.

    Args:
        image: of any mode; transparency is laid on white.
        threads: that one inference may use. Parser processes run one per core and leave it at 1.

    Raises:
        ModelError: if rapidocr or its weights are missing.
    """
    if min(image.size) < _MIN_SIDE:
        return []
    found = _engine(threads)(_pixels(_sized(image)))
    if found.txts is None:
        return []
    height, width = found.img.shape[:2]
    lines = [
        OcrLine(" ".join(text.split()), _bbox(corners, width, height), float(score))
        for corners, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        if score >= MIN_CONFIDENCE and text.strip()
    ]
    order = reading_order([line.bbox for line in lines], width / height)
    return [lines[index] for index in order]


def _bbox(corners: Any, width: int, height: int) -> BBox:
    x, y = corners[:, 0], corners[:, 1]
    return BBox.from_points(float(x.min()), float(y.min()), float(x.max()), float(y.max()), width, height)


def _sized(image: Image) -> Image:
    """``image`` within the sides that detection reads well: small print is grown, huge pictures shrunk."""
    longest = max(image.size)
    scale = _MAX_SIDE / longest if longest > _MAX_SIDE else max(1.0, min(_GROWN_SIDE / longest, 2.0))
    if scale == 1:
        return on_white(image)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return on_white(image).resize(size, resample=3)


def _pixels(image: Image) -> Any:
    """``(height, width, 3)`` uint8 in the order blue, green, red."""
    import numpy as np

    return np.ascontiguousarray(np.asarray(on_white(image))[:, :, ::-1])


@lru_cache(maxsize=1)
def _engine(threads: int) -> Any:
    logging.getLogger("RapidOCR").disabled = True
    try:
        import rapidocr
    except ImportError as error:
        raise ModelError(f"OCR needs the package rapidocr: pip install rapidocr ({error})") from error
    return rapidocr.RapidOCR(params=_parameters(Path(rapidocr.__file__).parent / "models", threads))


def _parameters(models: Path, threads: int) -> dict[str, Any]:
    """Settings that name both weight files, because rapidocr fetches a model that is not named."""
    for name in (_DETECTION, _RECOGNITION):
        if not (models / name).is_file():
            raise ModelError(f"OCR needs {name}, which is not in {models}: reinstall rapidocr 3.10")
    return {
        "Global.log_level": "critical",
        "Global.use_cls": False,
        "Global.text_score": MIN_CONFIDENCE,
        "Global.max_side_len": _MAX_SIDE,
        "Det.limit_type": "max",
        "Det.limit_side_len": _MAX_SIDE,
        "Det.model_path": str(models / _DETECTION),
        "Rec.model_path": str(models / _RECOGNITION),
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
