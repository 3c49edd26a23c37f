"""The strategy seam: a view over parsed elements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from mmrag.encoders.base import Encoder
from mmrag.types import Asset, Chunk, Element

Remember = Callable[[str, Callable[[], str]], str]
"""``remember(key, make)``: what was made for this key before, or what ``make()`` makes now and for ever."""


class Strategy(Protocol):
    """Lays a view over a document's elements: which pieces go into which space.

    Attributes:
        name: as recipes write it.
        encoders: the encoder of each space, by the space's name.
        fingerprint: changes whenever the same elements would give other chunks or other vectors.
    """

    name: str

    @property
    def encoders(self) -> Mapping[str, Encoder]:
        """See above."""
        ...

    @property
    def fingerprint(self) -> str:
        """See above."""
        ...

    def describe(
        self, elements: Sequence[Element], assets: Mapping[str, Asset], remember: Remember
    ) -> list[Element]:
        """The elements of one page, those with pictures described, before they are stored."""
        ...

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """Pieces of the elements of one page, each with the name of the space that embeds it."""
        ...
