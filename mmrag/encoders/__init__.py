"""Encoders: texts, pictures and queries become vectors."""

from __future__ import annotations

from mmrag.config import resolve
from mmrag.encoders.base import Encoder

__all__ = ["Encoder", "load_encoder"]

_KNOWN = {
    "mini:text": "mmrag.encoders.mini_text:MiniText",
    "mini:multilingual": "mmrag.encoders.mini_multilingual:MiniMultilingual",
}


def load_encoder(spec: str) -> Encoder:
    """The encoder that ``spec`` names: ``mini:text``, ``mini:multilingual`` or ``package.module:Class``.

    Its weights are loaded when it first encodes, not here.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class can't be made.
    """
    encoder: Encoder = resolve(spec, _KNOWN, "encoder")
    return encoder
