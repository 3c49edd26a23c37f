"""Strategies: views over one parse of the documents."""

from __future__ import annotations

from collections.abc import Callable

from mmrag.config import Recipe
from mmrag.strategies.base import Strategy


def load_strategies(recipe: Recipe) -> list[Strategy]:
    """The strategies of a recipe, in its order. No model is loaded yet."""
    from mmrag.strategies.caption import CaptionStrategy
    from mmrag.strategies.joint import JointStrategy
    from mmrag.strategies.visual import VisualStrategy

    makers: dict[str, Callable[[], Strategy]] = {
        "joint": lambda: JointStrategy(recipe.joint),
        "caption": lambda: CaptionStrategy(recipe.caption),
        "visual": lambda: VisualStrategy(recipe.visual),
    }
    return [makers[name]() for name in recipe.strategies]
