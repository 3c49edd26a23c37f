"""What a recipe must not hold: it is kept with the index, shown and shared."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from mmrag.errors import RecipeError

_IN_URL = re.compile(r"//[^/?#\s]*@")
_ARGUMENT = re.compile(
    r"(?:^|[?&\"'_.-])(?:api[_-]?key|key|token|secret|password|credentials?|authorization)[\"']?\s*[:=]",
    re.IGNORECASE,
)


def refuse_secrets(recipe: Any) -> None:
    """Does nothing, unless a text of the recipe, such as a spec, holds what looks like a key or a password.

    Raises:
        RecipeError: then; its message does not repeat it.
    """
    for key, text in _texts(recipe, ""):
        if _IN_URL.search(text) or (":" in text and _ARGUMENT.search(text)):
            raise RecipeError(
                f"{key}: holds a key or a password, and a recipe is kept with the index: let it come from "
                "the environment"
            )


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            if field.name != "description":
                yield from _texts(getattr(value, field.name), f"{key}.{field.name}".lstrip("."))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, f"{key}.{name}")
    elif isinstance(value, tuple):
        for inner in value:
            yield from _texts(inner, key)
    elif isinstance(value, str):
        yield key, value
