"""The captioner seam: a picture with what is known about it becomes text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from PIL.Image import Image


@dataclass(frozen=True, slots=True)
class PictureContext:
    """What the document says around a picture.

    Attributes:
        caption: the printed caption.
        words: the words inside the picture (text layer or OCR).
        section: headings above it, outermost first.
        language: ISO 639-1 code of the text around it; empty if unknown.
    """

    caption: str = ""
    words: str = ""
    section: tuple[str, ...] = ()
    language: str = ""


class Captioner(Protocol):
    """Describes pictures. Called once for each distinct picture and context, never again on a rerun.

    Attributes:
        spec: what resolves to it, e.g. ``mini:caption``.
        fingerprint: changes whenever the same input would give another text.
    """

    spec: str
    fingerprint: str

    def caption(self, picture: Image, context: PictureContext) -> str:
        """What the picture shows, as readable sentences in the context's language.

        Raises:
            ModelError: if this picture can't be described; the caller keeps its words and caption.
        """
        ...
