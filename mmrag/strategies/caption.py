"""Strategy ``caption``: pictures become text, and all text becomes vectors.

A figure, a table or a scanned page is found by its printed caption, the words inside it, and a
captioner's description of it. The answer still gets the original picture.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property, partial

from mmrag.captioners.base import Captioner, PictureContext
from mmrag.captioners.describing import Failure, Request, Tally, describe_all
from mmrag.config import CaptionOptions
from mmrag.encoders.lists import ChunkList
from mmrag.strategies.base import Notes, OpenPicture
from mmrag.strategies.chunks import CHUNKS_VERSION, chunk
from mmrag.text.script import language
from mmrag.types import Chunk, Element, Kind

log = logging.getLogger(__name__)

DESCRIBED = frozenset({Kind.FIGURE})
"""Kinds whose pictures a captioner describes. Tables and scanned pages have their text already."""

_NEIGHBOUR = 400
"""Characters of the paragraph before a picture, and of the one after, that a captioner is told."""


class CaptionStrategy:
    """The strategy with its models, which load when they are first asked for something."""

    name = "caption"

    def __init__(self, options: CaptionOptions) -> None:
        self._options = options

    @cached_property
    def lists(self) -> Sequence[ChunkList]:
        """One for each text encoder."""
        from mmrag.encoders import load_encoder

        return [ChunkList(f"caption/{spec}", load_encoder(spec)) for spec in self._options.encoders]

    @cached_property
    def _captioner(self) -> Captioner:
        from mmrag.captioners import load_captioner

        return load_captioner(self._options.captioner)

    @property
    def fingerprint(self) -> str:
        """Captioner and the way of chunking."""
        return f"{self._captioner.fingerprint} chunks={CHUNKS_VERSION}"

    def describe(self, elements: Sequence[Element], open_picture: OpenPicture, notes: Notes) -> list[Element]:
        """Figures get ``metadata["description"]``; where that fails they keep their words and say why."""
        shown = [at for at, element in enumerate(elements) if element.kind in DESCRIBED and element.picture]
        requests = [
            Request(
                str(elements[at].picture),
                partial(open_picture, str(elements[at].picture)),
                _context(elements, at),
            )
            for at in shown
        ]
        described = list(elements)
        tallies = [Tally()]
        said = describe_all(self._captioner, requests, notes.cache, self._options.concurrency, tallies.append)
        notes.tally += tallies[-1]
        for at, made in zip(shown, said, strict=True):
            element = elements[at]
            if isinstance(made, Failure):
                log.warning("p. %d: a picture was not described: %s", element.page, made.reason)
                found = {"description_error": made.reason}
            else:
                found = {"description": made.text}
            described[at] = replace(element, metadata={**element.metadata, **found})
        return described

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """Every encoder gets all the text that it can read."""
        return [(found.name, piece) for found in self.lists for piece in chunk(elements, found.encoder)]


def _context(elements: Sequence[Element], at: int) -> PictureContext:
    element = elements[at]
    around = " ".join((*element.section, element.caption, element.text))
    before = next((text for text in _texts(elements[:at][::-1], element.page)), "")
    after = next((text for text in _texts(elements[at + 1 :], element.page)), "")
    return PictureContext(
        caption=element.caption,
        words=element.text,
        section=element.section,
        language=language(around) or language(f"{before} {after}"),
        before=before[-_NEIGHBOUR:],
        after=after[:_NEIGHBOUR],
    )


def _texts(elements: Sequence[Element], page: int) -> list[str]:
    return [element.text for element in elements if element.kind is Kind.TEXT and element.page == page]
