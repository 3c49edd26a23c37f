"""Encoders: texts, pictures, pages and queries become vectors."""

from __future__ import annotations

from typing import cast

from mmrag.config import resolve
from mmrag.encoders.base import Encoder, PageEncoder

__all__ = ["Encoder", "PageEncoder", "load_encoder", "load_page_encoder"]

_KNOWN = {
    "mini:text": "mmrag.encoders.mini_text:MiniText",
    "mini:multilingual": "mmrag.encoders.mini_multilingual:MiniMultilingual",
    "mini:joint": "mmrag.encoders.mini_joint:MiniJoint",
    "st:*": "mmrag.encoders.models.sentence:SentenceEncoder",
    "clip:*": "mmrag.encoders.models.contrastive:clip",
    "siglip:*": "mmrag.encoders.models.contrastive:siglip",
    "open_clip:*": "mmrag.encoders.models.open_clip:OpenClip",
    "llama-index:*": "mmrag.llama_index.embeddings:LlamaIndexEncoder",
}
_PAGES = {
    "mini:visual": "mmrag.encoders.mini_visual:MiniVisual",
    "mini:visual-multilingual": "mmrag.encoders.mini_visual:MiniVisualMultilingual",
    "col:*": "mmrag.encoders.models.late:LateInteraction",
}
_TEXTS_ALONE = ("mini:text", "mini:multilingual")
_SINGLE = {spec: place for spec, place in _KNOWN.items() if spec not in _TEXTS_ALONE}


def load_encoder(spec: str) -> Encoder:
    """The encoder that ``spec`` names.

    ``mini:text``, ``mini:multilingual``, ``mini:joint``; ``st:``, ``clip:``, ``siglip:`` or ``open_clip:``
    with a hub id or a folder; ``llama-index:package.module:Class``; or ``package.module:Class``. Its
    weights are loaded when it first encodes.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class can't be made.
    """
    encoder: Encoder = resolve(spec, _KNOWN, "encoder")
    return encoder


def load_page_encoder(spec: str) -> PageEncoder:
    """The page encoder that ``spec`` names.

    ``mini:visual``, ``mini:visual-multilingual``; ``col:`` with a hub id or a folder; any encoder of pictures
    that `load_encoder` knows, which then sees a page as one picture; or ``package.module:Class`` of either
    kind. Its weights are loaded when it first encodes, not here.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class can't be made, or is known to encode no pictures.
    """
    from mmrag.encoders.single_page import SinglePage

    encoder = resolve(spec, {**_SINGLE, **_PAGES}, "page encoder")
    return cast(PageEncoder, encoder if hasattr(encoder, "encode_pages") else SinglePage(encoder))
