"""Recipes (what to build an index with) and spec strings (which model serves a seam)."""

from mmrag.config.options import (
    AnswerOptions,
    CaptionOptions,
    IngestOptions,
    JointOptions,
    RetrieveOptions,
    VisualOptions,
)
from mmrag.config.reading import load_recipe, parse_recipe, recipe_names
from mmrag.config.recipe import STRATEGIES, Recipe
from mmrag.config.specs import resolve

__all__ = [
    "STRATEGIES",
    "AnswerOptions",
    "CaptionOptions",
    "IngestOptions",
    "JointOptions",
    "Recipe",
    "RetrieveOptions",
    "VisualOptions",
    "load_recipe",
    "parse_recipe",
    "recipe_names",
    "resolve",
]
