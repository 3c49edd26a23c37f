"""Strategy ``caption``: pictures become text, and all text becomes vectors.

A figure, a table or a scanned page is found by its printed caption, the words inside it, and a
captioner's description of it. The answer still gets the original picture.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from PIL import Image

from mmrag.captioners.base import Captioner, PictureContext
from mmrag.config import CaptionOptions
from mmrag.encoders.base import Encoder
from mmrag.errors import ModelError
from mmrag.strategies.base import Remember
from mmrag.strategies.chunks import CHUNKS_VERSION, chunk
from mmrag.text.script import language
from mmrag.types import Asset, Chunk, Element, Kind

log = logging.getLogger(__name__)

DESCRIBED = frozenset({Kind.FIGURE})
"""Kinds whose pictures a captioner describes. Tables and scanned pages have their text already."""


class CaptionStrategy:
    """The strategy with its models, which load when they are first asked for something."""

    name = "caption"

    def __init__(self, options: CaptionOptions) -> None:
        self._options = options

    @cached_property
    def encoders(self) -> Mapping[str, Encoder]:
        """The text encoders by spec; a space carries its encoder's spec as its name."""
        from mmrag.encoders import load_encoder

        return {spec: load_encoder(spec) for spec in self._options.encoders}

    @cached_property
    def _captioner(self) -> Captioner:
        from mmrag.captioners import load_captioner

        return load_captioner(self._options.captioner)

    @property
    def fingerprint(self) -> str:
        """Captioner and the way of chunking; each space keeps its encoder's own."""
        return f"{self._captioner.fingerprint} chunks={CHUNKS_VERSION}"

    def describe(
        self, elements: Sequence[Element], assets: Mapping[str, Asset], remember: Remember
    ) -> list[Element]:
        """Figures get ``metadata["description"]``; where that fails they keep their words and say why."""
        return [
            self._described(element, assets[element.picture], remember)
            if element.kind in DESCRIBED and element.picture is not None and element.picture in assets
            else element
            for element in elements
        ]

    def _described(self, element: Element, asset: Asset, remember: Remember) -> Element:
        around = " ".join((*element.section, element.caption, element.text))
        context = PictureContext(element.caption, element.text, element.section, language(around))
        try:
            said = remember(self._key(asset, context), lambda: self._say(asset, context))
        except ModelError as error:
            log.warning("%s p. %d: a picture was not described: %s", element.document, element.page, error)
            return replace(element, metadata={**element.metadata, "description_error": str(error)})
        return replace(element, metadata={**element.metadata, "description": said})

    def _say(self, asset: Asset, context: PictureContext) -> str:
        with Image.open(io.BytesIO(asset.data)) as picture:
            return self._captioner.caption(picture, context)

    def _key(self, asset: Asset, context: PictureContext) -> str:
        said = repr((self._captioner.fingerprint, asset.id, context))
        return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()

    def chunks(self, elements: Sequence[Element]) -> list[tuple[str, Chunk]]:
        """Every encoder gets all the text that it can read."""
        return [
            (spec, piece) for spec, encoder in self.encoders.items() for piece in chunk(elements, encoder)
        ]
