"""What a line of text says: a convolutional recogniser read with CTC (Graves et al. 2006)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmrag.text.script import is_cjk
from mmrag.vision.ocr.detection import Corners, Pixels
from mmrag.vision.ocr.session import make_session

_WEIGHTS = "PP-OCRv6_rec_small.onnx"
_HEIGHT = 48
_STEP = 32
_MAX_WIDTH = 3200
_LONG = 6.0
_SQUEEZE = 0.8
_UPRIGHT = 1.5
_SURE = 0.8
_WIDE_GAP = 3.25
_MIN_GAP = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one box.

    Attributes:
        text: of the line.
        confidence: mean over its characters, 0..1.
        turn: degrees clockwise by which the box had to be turned to be read: 0, 90, 180 or 270.
    """

    text: str
    confidence: float
    turn: int


@dataclass(frozen=True, slots=True)
class Recogniser:
    """The recognition model and its characters."""

    session: Any
    characters: list[str]

    @classmethod
    def load(cls, models: Path, threads: int) -> Recogniser:
        """The model from a folder; its characters are in its metadata."""
        session = make_session(models / _WEIGHTS, threads)
        known = session.get_modelmeta().custom_metadata_map["character"].splitlines()
        return cls(session, ["", *known, " "])

    def read(self, pixels: Pixels, box: Corners) -> Reading:
        """The line in ``box``. A tall box is read from both its sides; so is one that says nothing upright.

        Boxes are read one by one: on a processor, padding a batch costs more than it saves.
        """
        width, height = _size(box)
        if height >= _UPRIGHT * width:
            turned = (self.read_turned(pixels, box, 90), self.read_turned(pixels, box, 270))
            return max(turned, key=lambda reading: reading.confidence)
        reading = self.read_turned(pixels, box, 0)
        if reading.confidence < _SURE and width > _LONG * height:
            return max(reading, self.read_turned(pixels, box, 180), key=lambda reading: reading.confidence)
        return reading

    def read_turned(self, pixels: Pixels, box: Corners, turn: int) -> Reading:
        """The line in ``box``, turned clockwise by ``turn`` degrees."""
        line = _straightened(pixels, np.roll(box, turn // 90, axis=0))
        width = max(64, math.ceil(line.shape[1] / _STEP) * _STEP)
        values = np.zeros((1, 3, _HEIGHT, width), np.float32)
        values[0, :, :, : line.shape[1]] = line.astype(np.float32).transpose(2, 0, 1) / 127.5 - 1.0
        likely = self.session.run(None, {self.session.get_inputs()[0].name: values})[0][0]
        return Reading(*self._decoded(likely), turn)

    def _decoded(self, likely: NDArray[np.float32]) -> tuple[str, float]:
        """Text and confidence from ``(steps, characters)`` probabilities; repeats and blanks are dropped."""
        best = likely.argmax(axis=1)
        kept = (best > 0) & np.append(True, best[1:] != best[:-1])
        steps = np.flatnonzero(kept)
        if not len(steps):
            return "", 0.0
        characters = [self.characters[index] for index in best[kept]]
        return with_gaps(characters, steps.tolist()), float(likely.max(axis=1)[kept].mean())


def with_gaps(characters: list[str], steps: list[int]) -> str:
    """The characters, with a space where two stand far apart and the model saw none.

    Args:
        characters: of one line.
        steps: where along the line each was seen.
    """
    gaps = np.diff(steps)
    usual = float(np.median(gaps)) if len(gaps) else 0.0
    text = characters[0]
    for before, after, gap in zip(characters, characters[1:], gaps, strict=False):
        apart = gap >= max(_WIDE_GAP * usual, usual + _MIN_GAP)
        if apart and " " not in (before, after) and not (is_cjk(before) and is_cjk(after)):
            text += " "
        text += after
    return text


def _straightened(pixels: Pixels, box: Corners) -> Pixels:
    """The box as a picture 48 pixels high; a long line is squeezed a little, which costs no accuracy."""
    width, height = _size(box)
    aspect = width / height
    length = math.ceil(_HEIGHT * aspect * (_SQUEEZE if aspect > _LONG else 1.0))
    length = min(max(8, length), _MAX_WIDTH)
    target = np.array([[0, 0], [length, 0], [length, _HEIGHT], [0, _HEIGHT]], dtype=np.float32)
    matrix = cv2.getPerspectiveTransform(np.ascontiguousarray(box), target)
    return cv2.warpPerspective(
        pixels,
        matrix,
        (length, _HEIGHT),
        flags=cv2.INTER_CUBIC if height < _HEIGHT else cv2.INTER_AREA,
        borderMode=cv2.BORDER_REPLICATE,
    ).astype(np.uint8, copy=False)


def _size(box: Corners) -> tuple[float, float]:
    top, bottom = np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[3] - box[2])
    left, right = np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[1] - box[2])
    return max(float(max(top, bottom)), 1.0), max(float(max(left, right)), 1.0)
