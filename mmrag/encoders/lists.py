"""The ranked lists of a view, each with the encoder that makes it."""

from __future__ import annotations

from dataclasses import dataclass

from mmrag.encoders.base import Encoder, PageEncoder


@dataclass(frozen=True, slots=True)
class ChunkList:
    """A ranked list over chunks with one vector each, which are kept in the space of the same name.

    Attributes:
        name: e.g. ``caption/mini:text``; begins with the name of the strategy.
        encoder: of the chunks, and of the questions.
    """

    name: str
    encoder: Encoder


@dataclass(frozen=True, slots=True)
class PageList:
    """A ranked list over pages with many vectors each; attributes as in `ChunkList`."""

    name: str
    encoder: PageEncoder


def strategy_of(name: str) -> str:
    """The strategy that a list belongs to, by the list's name."""
    return name.partition("/")[0]


def texts_of(encoder: Encoder) -> Encoder:
    """The encoder that really makes the vectors of texts: one that borrows another's names it in ``texts``.

    Views with such encoders share those vectors.
    """
    borrowed: Encoder = getattr(encoder, "texts", encoder)
    return borrowed


def witness_of(made: ChunkList | PageList) -> str:
    """Equal for lists that rank the same vectors of texts, which so say the same twice.

    Two views do where one's encoder borrows the other's vectors; pictures are in one of them only.
    """
    if isinstance(made, PageList) or made.name.endswith("/pictures"):
        return made.name
    return texts_of(made.encoder).fingerprint
