"""What is known of the document while its pages are read one after the other."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from mmrag.config import IngestOptions
from mmrag.ingest.pdf.captions import CaptionHabits
from mmrag.ingest.pdf.fonts import Fonts
from mmrag.ingest.pdf.furniture import Furniture
from mmrag.ingest.pdf.outline import Outline
from mmrag.ingest.pdf.values import RawPage
from mmrag.vision.ocr import OcrLine


@dataclass(slots=True)
class DocumentState:
    """Carried from page to page; its size does not grow with the number of pages.

    Attributes:
        page_count: of the document.
        read_in_pictures: lines that OCR read in a picture, by the picture's asset id.
    """

    options: IngestOptions
    outline: Outline
    page_count: int
    fonts: Fonts = field(default_factory=Fonts)
    furniture: Furniture = field(default_factory=Furniture)
    habits: CaptionHabits = field(default_factory=CaptionHabits)
    read_in_pictures: dict[str, list[OcrLine]] = field(default_factory=dict)

    @classmethod
    def of(cls, document: Any, options: IngestOptions) -> DocumentState:
        """At the start of an open PyMuPDF document."""
        return cls(options, Outline(document.get_toc(simple=True)), document.page_count)

    def carried(self, ahead: int) -> str:
        """All that pages before have taught, to be taken up by `carry_on`; what OCR read is left out.

        Args:
            ahead: up to so many pages behind the one parsed last were added, and are not parsed yet.
        """
        parts = (self.outline, self.fonts, self.furniture, self.habits)
        return json.dumps([ahead, *(part.carried() for part in parts)], separators=(",", ":"))

    def carry_on(self, carried: str) -> int:
        """Take up at the start of a reading what `carried` gave; returns its ``ahead``."""
        ahead, outline, fonts, furniture, habits = json.loads(carried)
        self.outline.carry_on(outline)
        self.fonts.carry_on(fonts)
        self.furniture.carry_on(furniture)
        self.habits.carry_on(habits)
        return int(ahead)

    def add(self, raw: RawPage) -> None:
        """Take a page that lies ahead into account."""
        self.fonts.add(raw.lines)
        self.furniture.add(raw)
