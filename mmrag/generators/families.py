"""What families of vision-language models have of their own, in one table.

What can be seen from a model's files is not here: whether its template knows a system's turn and keeps
pictures among texts (`mmrag.generators.templates`), how many tokens a picture takes, how long its
context is.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mmrag.pictures import LONGEST_SIDE

MANY = 16
"""Pictures in one prompt of a model that was trained on many."""


def _area(processor: Any) -> float:
    """Pictures of any shape, up to so many pixels in all; none is taken to be over twice as long as wide."""
    return math.sqrt(2.0 * processor.size["longest_edge"])


def _longest(processor: Any) -> float:
    """The longer side is brought to this, then cut into tiles."""
    return float(processor.size["longest_edge"])


def _canvas(processor: Any) -> float:
    """Tiles of one size in a row or a square, as the picture's shape asks for."""
    return float(processor.size["height"] * processor.max_image_tiles)


def _grid(processor: Any) -> float:
    """As `_canvas`; the name for the most tiles is another."""
    return float(processor.size["height"] * processor.max_patches)


def _square(processor: Any) -> float:
    """One square of a fixed size."""
    return float(processor.crop_size["height"])


def _any(processor: Any) -> float:
    """Nothing is known."""
    return float(LONGEST_SIDE)


@dataclass(frozen=True, slots=True)
class Family:
    """What models of one family have in common.

    Attributes:
        pictures: in one prompt, as they were trained.
        side: of an image processor, the longest side in pixels beyond which the model sees no more.
        marks: words that they write around an answer.
    """

    pictures: int = 1
    side: Callable[[Any], float] = _any
    marks: tuple[str, ...] = ()


_GLM = Family(MANY, _area, ("<answer>", "</answer>", "<|begin_of_box|>", "<|end_of_box|>"))
_QWEN = Family(MANY, _area)
_TILES = Family(MANY, _longest)

FAMILIES = {
    "llava": Family(1, _square),  # Liu et al. 2023, "Improved baselines with visual instruction tuning"
    "qwen2_vl": _QWEN,  # Wang et al. 2024
    "qwen2_5_vl": _QWEN,
    "qwen3_vl": _QWEN,
    "qwen3_vl_moe": _QWEN,
    "qwen3_5": _QWEN,
    "qwen3_5_moe": _QWEN,
    "glm4v": _GLM,  # GLM-4.1V-Thinking, Hong et al. 2025
    "glm4v_moe": _GLM,
    "glm46v": _GLM,
    "mllama": Family(1, _canvas),  # Llama 3.2 Vision, Grattafiori et al. 2024
    "idefics3": _TILES,  # Laurençon et al. 2024
    "smolvlm": _TILES,  # Marafioti et al. 2025
    "internvl": Family(MANY, _grid),  # Zhu et al. 2025
}
"""By the model type in a model's configuration."""


def family_of(model_type: str) -> Family:
    """That of a model type; of one that is not in the table, little is asked: one picture in a prompt."""
    return FAMILIES.get(model_type, Family())


def side_of(family: Family, processor: Any) -> int:
    """Pixels of the longest side that a model is shown: what it can see, within reason."""
    return min(LONGEST_SIDE, math.ceil(family.side(processor)))
