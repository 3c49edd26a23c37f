"""Captioners: pictures become text."""

from __future__ import annotations

from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.captioners.describing import Cache, Failure, Request, Tally, describe_all
from mmrag.config import resolve
from mmrag.types import Usage

__all__ = [
    "Cache",
    "Captioner",
    "Description",
    "Failure",
    "PictureContext",
    "Request",
    "Tally",
    "Usage",
    "describe_all",
    "load_captioner",
]

_KNOWN = {
    "mini:caption": "mmrag.captioners.mini.captioner:MiniCaption",
    "blip:*": "mmrag.captioners.models.blip:BlipCaptioner",
    "hf:*": "mmrag.captioners.models.vlm:VisionLanguageCaptioner",
    "openai:*": "mmrag.captioners.openai:OpenAICaptioner",
}


def load_captioner(spec: str) -> Captioner:
    """The captioner that ``spec`` names.

    ``mini:caption``, ``hf:MODEL``, ``blip:MODEL``, ``openai:MODEL``, ``openai:MODEL@BASE_URL``, or
    ``package.module:Class`` for a plugin.

    Its weights are loaded when it first describes a picture, not here.

    Raises:
        SpecError: if nothing of that name is known.
        ModelError: if a plugin's class can't be made.
    """
    captioner: Captioner = resolve(spec, _KNOWN, "captioner")
    return captioner
