"""What models give as rows of a matrix, all of unit length."""

from __future__ import annotations

from typing import Any

import numpy as np

from mmrag.encoders.base import Matrix


def unit_rows(features: Any) -> Matrix:
    """Rows of a torch tensor as float32 of unit length; normalised after the step to float32, not before.

    A row of zeros, as a text without a known token may give, becomes the direction that favours no axis.
    """
    import torch

    rows = features.float()
    rows = torch.where((rows == 0).all(dim=-1, keepdim=True), torch.ones_like(rows), rows)
    unit: Matrix = torch.nn.functional.normalize(rows, dim=-1).cpu().numpy()
    return unit


def no_rows(dim: int) -> Matrix:
    """``(0, dim)`` float32."""
    return np.empty((0, dim), dtype=np.float32)
