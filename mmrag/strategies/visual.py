"""Strategy ``visual``: each page becomes many vectors, and a question is matched with them one by one.

Late interaction over pages, as in ColPali (Faysse et al. 2024, "ColPali: Efficient document retrieval with
vision language models"): nothing has to be parsed right for a page to be found.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from mmrag.config import VisualOptions
from mmrag.encoders.lists import ChunkList, PageList
from mmrag.strategies.base import Notes, OpenPicture
from mmrag.strategies.chunks import CHUNKS_VERSION, chunk
from mmrag.types import Chunk, Element


class VisualStrategy:
    """The strategy with its encoders, which load when they are first asked for something."""

    name = "visual"

    def __init__(self, options: VisualOptions) -> None:
        self._options = options

    @cached_property
    def lists(self) -> Sequence[ChunkList | PageList]:
        """One for each page encoder, and one for each text encoder beside them."""
        return [*self._pages, *self._texts]

    @cached_property
    def _pages(self) -> list[PageList]:
        from mmrag.encoders import load_page_encoder

        return [PageList(f"visual/{spec}", load_page_encoder(spec)) for spec in self._options.encoders]

    @cached_property
    def _texts(self) -> list[ChunkList]:
        from mmrag.encoders import load_encoder

        return [ChunkList(f"visual/{spec}/text", load_encoder(spec)) for spec in self._options.text_encoders]

    @property
    def fingerprint(self) -> str:
        """Resolution of the page pictures, pooling, and the way of chunking."""
        return f"dpi={self._options.dpi} pool={self._options.pool} chunks={CHUNKS_VERSION}"

    def describe(self, elements: Sequence[Element], open_picture: OpenPicture, notes: Notes) -> list[Element]:
        """Nothing is found out about single elements."""
        return list(elements)

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """The text encoders get all the text that they can read."""
        return [(found.name, piece) for found in self._texts for piece in chunk(elements, found.encoder)]
