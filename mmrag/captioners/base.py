"""The captioner seam: a picture with what is known about it becomes text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import Protocol

from PIL.Image import Image

from mmrag.errors import ModelError
from mmrag.types import Usage


@dataclass(frozen=True, slots=True)
class PictureContext:
    """What the document says around a picture.

    Attributes:
        caption: the printed caption.
        words: the words inside the picture (text layer or OCR).
        section: headings above it, outermost first.
        language: ISO 639-1 code of the text around it; empty if unknown.
        before, after: the paragraphs that stand before and after it, shortened.
    """

    caption: str = ""
    words: str = ""
    section: tuple[str, ...] = ()
    language: str = ""
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What a captioner says of a picture.

    Attributes:
        description: readable sentences.
        visible_text: the words that it read in the picture.
        data: what it read from charts and tables: rows of Markdown, or lines ``label: value``.
        usage: what it cost; nothing for a captioner without a language model.
    """

    description: str
    visible_text: str = ""
    data: str = ""
    usage: Usage = field(default_factory=Usage)

    @property
    def text(self) -> str:
        """All of it as one readable text, as it is embedded and searched."""
        return "\n".join(part for part in (self.description, self.data, self.visible_text) if part)


class Captioner(Protocol):
    """Describes pictures. A plugin subclasses it and writes `caption`.

    It is called through `mmrag.captioners.describe_all`: once for each distinct picture and what it reads of
    the context, never again on a rerun, and what it says is checked there.

    Attributes:
        spec: what resolves to it, e.g. ``mini:caption``.
        fingerprint: changes whenever the same input would give another text.
        batch_size: most pictures that `caption_all` is given at once.
        parallel: whether calls may run in several threads at once.
        context_fields: fields of `PictureContext` that it reads. A change in another one, such as a word in
            the paragraph before, does not have the picture described again.
    """

    spec: str
    fingerprint: str
    batch_size: int = 1
    parallel: bool = False
    context_fields: frozenset[str] = frozenset(field.name for field in fields(PictureContext))

    def caption(self, picture: Image, context: PictureContext) -> Description:
        """What the picture shows, in the context's language where the captioner knows it.

        The picture may be of any size and mode; it is left as it was.

        Raises:
            ModelError: if this picture can't be described.
        """
        ...

    def caption_all(self, pictures: Sequence[tuple[Image, PictureContext]]) -> list[Description | ModelError]:
        """For each picture its description, or why it has none; it does not depend on the others.

        Raises:
            MmragError: if the captioner can't describe any picture at all: its model is missing, its key
                is refused. The run stops; what was described before is kept.
        """
        described: list[Description | ModelError] = []
        for picture, context in pictures:
            try:
                described.append(self.caption(picture, context))
            except ModelError as error:
                described.append(error)
        return described
