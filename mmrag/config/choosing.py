"""Telling which word was meant where one is none of those that there are."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from mmrag.errors import RecipeError


def require_one_of(key: str, values: Collection[str], valid: Collection[str]) -> None:
    """Each of ``values`` is one that ``key`` may have.

    Raises:
        RecipeError: if one is not; it names all that are, and the nearest.
    """
    for value in values:
        if value not in valid:
            raise RecipeError(f"{key}: {value!r} is not one of {', '.join(valid)}{nearest(value, valid)}")


def nearest(word: object, valid: Collection[str]) -> str:
    """The end of an error's line: which of ``valid`` may have been meant; empty where none is like it."""
    near = difflib.get_close_matches(str(word), list(valid), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""
