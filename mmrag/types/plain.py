"""Values as JSON has them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


def to_dict(value: Any) -> Any:
    """``value`` as plain dicts, lists and scalars, for JSON; picture bytes are left out.

    Works on every type of this package, on containers of them, and leaves scalars alone.
    """
    if isinstance(value, StrEnum):
        return value.value
    if hasattr(value, "__dataclass_fields__"):
        return {name: to_dict(getattr(value, name)) for name in value.__dataclass_fields__ if name != "data"}
    if isinstance(value, Mapping):
        return {key: to_dict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_dict(item) for item in value]
    return value
