"""Where text stands in a picture: differentiable binarisation (Liao et al. 2020, arXiv:1911.08947)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mmrag.vision.ocr.session import make_session

Pixels = NDArray[np.uint8]
Corners = NDArray[np.float32]

_WEIGHTS = "PP-OCRv6_det_small.onnx"
_STEP = 32
_INK = 0.3
_MIN_SCORE = 0.4
_GROWTH = 1.6
_MIN_HEIGHT = 3
_MAX_BOXES = 2000
_SHARE_OF_SIDE = 0.68
_SIDES = (960, 1600)
_MAX_ENLARGED = 2.0


@dataclass(frozen=True, slots=True)
class Detector:
    """The detection model."""

    session: Any

    @classmethod
    def load(cls, models: Path, threads: int) -> Detector:
        """The model from a folder."""
        return cls(make_session(models / _WEIGHTS, threads))

    def find(self, pixels: Pixels) -> list[Corners]:
        """Boxes of lines of text.

        Args:
            pixels: ``(height, width, 3)``, blue, green, red.

        Returns:
            ``(4, 2)`` corners each, in pixels: top left, top right, bottom right, bottom left. Boxes
            may be askew; at most 2,000, the tallest ones first.
        """
        height, width = pixels.shape[:2]
        shape = _working_size(width, height)
        shrinks = shape[0] * shape[1] < width * height
        scaled = cv2.resize(pixels, shape, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        values = scaled.astype(np.float32).transpose(2, 0, 1)[None] / 127.5 - 1.0
        ink = self.session.run(None, {self.session.get_inputs()[0].name: values})[0][0, 0]
        scale = np.array([width / shape[0], height / shape[1]], dtype=np.float32)
        boxes = [corners * scale for corners in _boxes(ink)]
        return sorted(boxes, key=lambda box: -_height(box))[:_MAX_BOXES]


def _working_size(width: int, height: int) -> tuple[int, int]:
    """Size to look at: two thirds of a page at 144 dpi are enough to find its lines, not to read them."""
    longest = max(width, height)
    side = min(max(_SIDES[0], _SHARE_OF_SIDE * longest), _SIDES[1])
    scale = min(side / longest, _MAX_ENLARGED)
    return (_stepped(width * scale), _stepped(height * scale))


def _stepped(length: float) -> int:
    return max(_STEP, round(length / _STEP) * _STEP)


def _boxes(ink: NDArray[np.float32]) -> list[Corners]:
    """Rectangles around the regions of a map of how likely each pixel is text."""
    mask = cv2.dilate((ink > _INK).astype(np.uint8), np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(mask, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        centre, (width, height), angle = cv2.minAreaRect(contour)
        if min(width, height) < _MIN_HEIGHT:
            continue
        tight = _corners(centre, width, height, angle)
        if _mean_inside(ink, tight) < _MIN_SCORE:
            continue
        # The model marks the core of a line; its full height is that core grown by a fixed ratio.
        margin = width * height * _GROWTH / (2 * (width + height))
        grown = _corners(centre, width + 2 * margin, height + 2 * margin, angle)
        found.append(_in_order(grown))
    return found


def _corners(centre: Sequence[float], width: float, height: float, angle: float) -> Corners:
    return np.asarray(cv2.boxPoints((centre, (width, height), angle)), dtype=np.float32)


def _mean_inside(ink: NDArray[np.float32], box: Corners) -> float:
    limit = np.array([ink.shape[1] - 1, ink.shape[0] - 1])
    x0, y0 = np.clip(np.floor(box.min(axis=0)).astype(int), 0, limit)
    x1, y1 = np.clip(np.ceil(box.max(axis=0)).astype(int), 0, limit)
    inside = np.zeros((y1 - y0 + 1, x1 - x0 + 1), np.uint8)
    cv2.fillPoly(inside, [(box - [x0, y0]).astype(np.int32)], [1])
    return float(cv2.mean(ink[y0 : y1 + 1, x0 : x1 + 1], inside)[0])


def _in_order(box: Corners) -> Corners:
    """Corners clockwise from the top left."""
    by_x = box[np.argsort(box[:, 0], kind="stable")]
    left = by_x[:2][np.argsort(by_x[:2, 1])]
    right = by_x[2:][np.argsort(by_x[2:, 1])]
    return np.stack([left[0], right[0], right[1], left[1]]).astype(np.float32)


def _height(box: Corners) -> float:
    return float(min(np.linalg.norm(box[0] - box[3]), np.linalg.norm(box[0] - box[1])))
