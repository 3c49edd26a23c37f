"""Recipes (what to build an index with) and spec strings (which model serves a seam)."""

from mmrag.config.recipe import (
    AnswerOptions,
    CaptionOptions,
    IngestOptions,
    Recipe,
    RetrieveOptions,
    load_recipe,
    recipe_names,
)
from mmrag.config.specs import resolve

__all__ = [
    "AnswerOptions",
    "CaptionOptions",
    "IngestOptions",
    "Recipe",
    "RetrieveOptions",
    "load_recipe",
    "recipe_names",
    "resolve",
]
