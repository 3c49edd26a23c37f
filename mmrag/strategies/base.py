"""The strategy seam: a view over parsed elements."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from PIL.Image import Image

from mmrag.captioners.describing import Cache, Tally
from mmrag.encoders.lists import ChunkList, PageList
from mmrag.types import Chunk, Element

OpenPicture = Callable[[str], Image]
"""The picture of an asset, decoded, by its id."""


@dataclass(slots=True)
class Notes:
    """What captioners have said before, and what they have come to in this run."""

    cache: Cache
    tally: Tally = field(default_factory=Tally)


class Strategy(Protocol):
    """Lays a view over a document's elements: which pieces go into which list.

    Attributes:
        name: as recipes write it.
        fingerprint: changes whenever the same elements would give other chunks; each list's encoder has its
            own besides.
    """

    name: str

    @property
    def fingerprint(self) -> str:
        """See above."""
        ...

    @property
    def lists(self) -> Sequence[ChunkList | PageList]:
        """The view's ranked lists, in the order in which their encoders are asked. Loads no model."""
        ...

    def describe(self, elements: Sequence[Element], open_picture: OpenPicture, notes: Notes) -> list[Element]:
        """The elements of some pages, in their order, with what the view finds out about pictures.

        Args:
            elements: of consecutive pages of one document, in reading order.
            open_picture: decodes an asset.
            notes: what captioners have said before; what they say now is added.
        """
        ...

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """Pieces of the elements of some pages, each with the name of its list."""
        ...
