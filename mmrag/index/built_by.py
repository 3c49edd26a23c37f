"""The recipe that an index was built with, as the index keeps it."""

from __future__ import annotations

from mmrag.config import Recipe, parse_recipe
from mmrag.errors import RecipeError, SchemaError
from mmrag.index.store import Store


def built_by(store: Store) -> Recipe:
    """The recipe in the store; the default one where no run has begun to fill it.

    Raises:
        SchemaError: if another version of mmrag has written it, with keys or values that this one lacks.
    """
    try:
        return parse_recipe(store.get("recipe", {}), "stored")
    except RecipeError as error:
        raise SchemaError(
            f"the index {store.path} was built by another version of mmrag ({error}): upgrade mmrag, or "
            "build it anew with mmrag index FOLDER --rebuild"
        ) from error
