"""What all kinds of markup become before they become elements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mmrag.types import Kind


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, passage, table or picture, in the order of the text.

    Attributes:
        kind: ``heading``, ``text``, ``table`` or ``figure``.
        text: what it says; empty for a figure.
        level: of a heading, from 1.
        caption: of a table or figure.
        source: where the picture of a figure is, as the document says it: a path, URL or data URI.
        metadata: e.g. ``code: True``.
    """

    kind: Kind
    text: str
    level: int = 0
    caption: str = ""
    source: str = ""
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A whole document as blocks, with its title and what it says about itself."""

    blocks: tuple[Block, ...]
    title: str = ""
    metadata: Mapping[str, str | int | float | bool] = field(default_factory=dict)
