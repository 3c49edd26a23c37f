"""Strategy ``joint``: text and pictures become vectors of one space, and are ranked one beside the other.

Similarities of a question to texts and to pictures live on different scales (the modality gap: Liang et
al. 2022, "Mind the gap"), so there is one list for the texts and one for the pictures, fused by rank or by
normalised score like any others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from mmrag.config import JointOptions
from mmrag.encoders.base import Encoder, WordReader
from mmrag.encoders.lists import ChunkList
from mmrag.errors import UsageError
from mmrag.strategies.base import Notes, OpenPicture
from mmrag.strategies.chunks import CHUNKS_VERSION, chunk
from mmrag.types import Chunk, Element, Kind

_FOUND_BY_OTHERS = ("description", "description_error")


class JointStrategy:
    """The strategy with its encoders, which load when they are first asked for something."""

    name = "joint"

    def __init__(self, options: JointOptions) -> None:
        self._options = options

    @cached_property
    def lists(self) -> Sequence[ChunkList]:
        """Two for each encoder: of texts and of pictures.

        Raises:
            UsageError: if an encoder does not take pictures.
        """
        from mmrag.encoders import load_encoder

        lists: list[ChunkList] = []
        for spec in self._options.encoders:
            encoder = load_encoder(spec)
            if not {"text", "picture"} <= encoder.modalities:
                raise UsageError(f"strategy joint wants an encoder of text and pictures, {spec} is not one")
            lists.append(ChunkList(f"joint/{spec}/text", encoder))
            lists.append(ChunkList(f"joint/{spec}/pictures", encoder))
        return lists

    @property
    def _encoders(self) -> list[Encoder]:
        return [found.encoder for found in self.lists[::2]]

    @property
    def fingerprint(self) -> str:
        """The way of chunking, and of labelling."""
        from mmrag.encoders.labels import LABELS_VERSION

        labels = f"{LABELS_VERSION}:{','.join(self._options.labels)}" if self._options.labels else "none"
        return f"chunks={CHUNKS_VERSION} labels={labels}"

    def describe(self, elements: Sequence[Element], open_picture: OpenPicture, notes: Notes) -> list[Element]:
        """Pictures get ``metadata["label"]``: what kind of picture it is, where that is clear."""
        if not self._options.labels:
            return list(elements)
        from mmrag.encoders.labels import label

        labelled = list(elements)
        if "table" in self._options.labels:
            # What was parsed as a table is one, however it looks.
            for at, element in enumerate(elements):
                if element.kind is Kind.TABLE:
                    labelled[at] = replace(element, metadata={**element.metadata, "label": "table"})
        shown = [
            at for at, element in enumerate(labelled) if element.picture and "label" not in element.metadata
        ]
        if not shown:
            return labelled
        pictures = (open_picture(str(elements[at].picture)) for at in shown)
        words = [elements[at].text for at in shown]
        said = label(self._encoders[0], pictures, self._options.labels, words)
        for at, name in zip(shown, said, strict=True):
            if name:
                labelled[at] = replace(elements[at], metadata={**elements[at].metadata, "label": name})
        return labelled

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """Every encoder gets all pictures, and the printed text that it can read: no captioner's words."""
        printed = [_printed(element) for element in elements]
        pieces: list[tuple[str, Chunk]] = []
        for spec, encoder in zip(self._options.encoders, self._encoders, strict=True):
            pieces += [(f"joint/{spec}/text", piece) for piece in chunk(printed, encoder)]
            pieces += [
                (f"joint/{spec}/pictures", _shown(element, encoder))
                for element in elements
                if element.picture
            ]
        return pieces


def _shown(element: Element, encoder: Encoder) -> Chunk:
    words = element.text if isinstance(encoder, WordReader) else ""
    return Chunk(element.id, words, element.caption, element.picture)


def _printed(element: Element) -> Element:
    if not any(key in element.metadata for key in _FOUND_BY_OTHERS):
        return element
    kept = {key: value for key, value in element.metadata.items() if key not in _FOUND_BY_OTHERS}
    return replace(element, metadata=kept)
