"""From a picture to its lines of text in reading order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from mmrag.types import BBox
from mmrag.vision.reading_order import reading_order
from mmrag.vision.sessions import threads_given

if TYPE_CHECKING:
    from PIL.Image import Image

    from mmrag.vision.ocr.detection import Detector
    from mmrag.vision.ocr.recognition import Reading, Recogniser

MIN_CONFIDENCE = 0.6
_SURE_OF_ONE = 0.85
_MIN_SIDE = 8
MAX_SIDE = 6000
"""Of a picture, in pixels; a larger one is made smaller before it is read."""


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One line of text, or one cell of a row that has wide gaps.

    Attributes:
        text: as read, with its spaces.
        bbox: around it, as fractions of the picture.
        confidence: mean over its characters, 0..1.
        turn: degrees clockwise by which it had to be turned to be read: 0, 90, 180 or 270.
    """

    text: str
    bbox: BBox
    confidence: float
    turn: int = 0


def read_text(image: Image, *, threads: int | None = None) -> list[OcrLine]:
    """The lines of text in ``image``, in reading order; empty if there are none.

    Text may stand upright, on its side or on its head. Lines that were read with a confidence below
    `MIN_CONFIDENCE` are left out. The models (PP-OCRv6 small: Chinese, English and other Latin
    scripts) are loaded on the first call from the installed rapidocr package; nothing is ever fetched.

    Args:
        image: of any mode; transparency is laid on white.
        threads: that one inference may use; by default what ``OMP_NUM_THREADS`` says, else 1.

    Raises:
        ModelError: if the weights are missing.
    """
    import numpy as np

    from mmrag.pictures import as_rgb, shrunk

    if min(image.size) < _MIN_SIDE:
        return []
    detector, recogniser = _models(threads or threads_given())
    upright = shrunk(as_rgb(image), MAX_SIDE)
    pixels = np.ascontiguousarray(np.asarray(upright)[:, :, ::-1])
    readings = [(box, recogniser.read(pixels, box)) for box in detector.find(pixels)]
    if _main_turn((reading.turn, reading.text) for _, reading in readings) == 180:
        readings = [(box, _on_its_head(recogniser, pixels, box, reading)) for box, reading in readings]
    lines = [_line(box, reading, upright.size) for box, reading in readings if _is_sure(reading)]
    return in_order(lines, upright.width / upright.height)


def _is_sure(reading: Reading) -> bool:
    length = len(reading.text.strip())
    return length > 0 and reading.confidence >= (MIN_CONFIDENCE if length > 1 else _SURE_OF_ONE)


def _on_its_head(recogniser: Recogniser, pixels: Any, box: Any, reading: Reading) -> Reading:
    """In a picture that is upside down, a line may have been read as nonsense that is upright."""
    if reading.turn:
        return reading
    return max(
        reading,
        recogniser.read_turned(pixels, box, 180),
        key=lambda reading: (_is_sure(reading), reading.turn),
    )


def _line(box: Any, reading: Reading, size: tuple[int, int]) -> OcrLine:
    (x0, y0), (x1, y1) = box.min(axis=0).tolist(), box.max(axis=0).tolist()
    place = BBox.from_points(x0, y0, x1, y1, *size)
    return OcrLine(" ".join(reading.text.split()), place, reading.confidence, reading.turn)


def _main_turn(lines: Iterable[tuple[int, str]]) -> int:
    """The turn in which most characters were read."""
    turns: Counter[int] = Counter()
    for turn, text in lines:
        turns[turn] += len(text)
    return max(turns, key=lambda turn: turns[turn], default=0)


def in_order(lines: list[OcrLine], aspect: float) -> list[OcrLine]:
    """``lines`` as one reads them, holding the picture so that most of its characters stand upright."""
    turn = _main_turn((line.turn, line.text) for line in lines)
    boxes = [_turned(line.bbox, turn) for line in lines]
    order = reading_order(boxes, aspect if turn in (0, 180) else 1 / aspect)
    return [lines[index] for index in order]


def _turned(box: BBox, turn: int) -> BBox:
    """Where ``box`` is after the picture has been turned clockwise by ``turn`` degrees."""
    x0, y0, x1, y1 = box.as_tuple()
    match turn:
        case 90:
            return BBox(1 - y1, x0, 1 - y0, x1)
        case 180:
            return BBox(1 - x1, 1 - y1, 1 - x0, 1 - y0)
        case 270:
            return BBox(y0, 1 - x1, y1, 1 - x0)
    return box


@lru_cache(maxsize=1)
def _models(threads: int) -> tuple[Detector, Recogniser]:
    import cv2

    from mmrag.vision.ocr.detection import Detector
    from mmrag.vision.ocr.recognition import Recogniser
    from mmrag.vision.ocr.session import models_folder

    cv2.setNumThreads(threads)
    folder = models_folder()
    return Detector.load(folder, threads), Recogniser.load(folder, threads)
