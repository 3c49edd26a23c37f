"""Stops an answer that has fallen into saying the same over and over, instead of waiting for its limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_SPAN = 96  # tokens at the end that are looked at
_TIMES = 4  # the end is that phrase so often at least
_EVERY = 8  # tokens between two looks


def loops(tokens: Sequence[int], span: int = _SPAN, times: int = _TIMES) -> bool:
    """Whether the last ``span`` tokens are one phrase said ``times`` times or more."""
    if len(tokens) < span:
        return False
    tail = tokens[-span:]
    return any(tail[unit:] == tail[:-unit] for unit in range(1, span // times + 1))


def stops_loops(prompt_length: int) -> Any:
    """A criterion for ``model.generate``: ends each answer that loops, leaves the others.

    Args:
        prompt_length: tokens before the answers.
    """
    import torch
    from transformers import StoppingCriteriaList

    def looped(input_ids: Any, scores: Any, **_: Any) -> Any:
        length = input_ids.shape[1] - prompt_length
        if length < _SPAN or length % _EVERY:
            done = [False] * len(input_ids)
        else:
            done = [loops(row) for row in input_ids[:, prompt_length:].tolist()]
        return torch.tensor(done, dtype=torch.bool, device=input_ids.device)

    return StoppingCriteriaList([looped])
