"""Reading recipes: YAML files become one typed value. Data, no code; unknown keys are errors."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from mmrag.config.choosing import nearest
from mmrag.config.recipe import Recipe
from mmrag.errors import RecipeError


def recipe_names() -> list[str]:
    """Names of the recipes that come with mmrag."""
    return sorted(path.stem for path in _shipped().glob("*.yaml"))


def load_recipe(name: str | Path) -> Recipe:
    """The recipe of that name, or in that YAML file.

    Raises:
        RecipeError: if there is no such recipe, it is not YAML, a key is unknown (the message names
            the nearest valid one) or a value has the wrong kind.
    """
    import yaml

    path = Path(name)
    if path.suffix not in (".yaml", ".yml"):
        path = _shipped() / f"{name}.yaml"
        if not path.is_file():
            raise RecipeError(
                f"no recipe is named {str(name)!r}; there are {', '.join(recipe_names())}, "
                "or give the path of a .yaml file"
            )
    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise RecipeError(f"the recipe {path} can't be read: {error.strerror}") from error
    # A ValueError comes of bytes that are no text, and of a 13th month.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())
        raise RecipeError(f"the recipe {path} is not YAML: {reason}") from error
    return parse_recipe(data, path.stem)


def parse_recipe(data: Any, name: str) -> Recipe:
    """A recipe from plain data, as `load_recipe` reads it or a store keeps it.

    Raises:
        RecipeError: as `load_recipe`.
    """
    if isinstance(data, Mapping):
        data = {"name": name, **data}
    recipe: Recipe = _parse(Recipe, data, f"recipe {name}")
    return recipe


def _shipped() -> Path:
    package = Path(__file__).resolve().parents[1]
    inside = package / "pipelines"
    return inside if inside.is_dir() else package.parent / "pipelines"


def _parse(kind: Any, data: Any, where: str) -> Any:
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        if not isinstance(data, Mapping):
            raise RecipeError(f"{where}: wants keys and values, found {data!r}")
        hints = get_type_hints(kind)
        for key in data:
            if key not in hints:
                raise RecipeError(f"{where}: unknown key {key!r}{nearest(key, hints)}")
        return kind(**{key: _parse(hints[key], value, f"{where}: {key}") for key, value in data.items()})
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(data, (list, tuple)):
            raise RecipeError(f"{where}: wants a list, found {data!r}")
        return tuple(_parse(get_args(kind)[0], item, where) for item in data)
    if origin is not None:
        if not isinstance(data, Mapping):
            raise RecipeError(f"{where}: wants keys and values, found {data!r}")
        return {str(key): _parse(get_args(kind)[1], value, f"{where}: {key}") for key, value in data.items()}
    if kind is float and isinstance(data, int) and not isinstance(data, bool):
        return float(data)
    if not isinstance(data, kind) or (kind is int and isinstance(data, bool)):
        raise RecipeError(f"{where}: wants {kind.__name__}, found {data!r}")
    return data
