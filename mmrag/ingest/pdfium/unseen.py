"""Text that a reader of the page can't see is left out here too; see `mmrag.ingest.pdf.hidden`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mmrag.ingest.pdf.boxes import area, overlap, union
from mmrag.ingest.pdf.hidden import is_blank, is_sentence, window
from mmrag.ingest.pdf.paint import TINY
from mmrag.ingest.pdf.values import Box, RawPage
from mmrag.ingest.pdfium.letters import Letter, Run
from mmrag.ingest.pdfium.page import PdfiumPage

if TYPE_CHECKING:
    import numpy.typing as npt
    from PIL.Image import Image

_COVERED = 0.5


def drop_unseen(page: PdfiumPage, raw: RawPage, picture: Image) -> None:
    """Take out of the page the words in whose place nothing is to be seen, and sentences too small to read.

    Args:
        page: its letters; changed in place.
        raw: its lines; changed in place.
        picture: of the whole page.
    """
    look = _Look(raw, picture, page.runs)
    kept = []
    for run in page.runs:
        line = run.line()
        if line.size < TINY and is_sentence(line.text):
            continue
        run.letters = [letter for word in _words(run) if look.sees(word) for letter in word]
        if any(not letter.text.isspace() for letter in run.letters):
            kept.append(run)
    page.runs = kept
    raw.lines = [run.line() for run in kept]


class _Look:
    """The page's pixels, to be looked at word by word."""

    def __init__(self, raw: RawPage, picture: Image, runs: list[Run]) -> None:
        self._page: Box = (0.0, 0.0, raw.width, raw.height)
        self._scale = (picture.width / raw.width, picture.height / raw.height)
        self._pixels = np.asarray(picture)
        self._images = raw.images
        self._free: npt.NDArray[np.bool_] = np.ones(self._pixels.shape[:2], dtype=bool)
        self._all = np.ones_like(self._free)
        for run in runs:
            if not run.letters[0].invisible:
                for word in run.words():
                    box = (word.x0, word.y0, word.x1, word.y1)
                    self._free[window(box, self._page, self._scale)] = False

    def sees(self, word: list[Letter]) -> bool:
        """Whether anything is to be seen in the place of a word."""
        boxes = [letter.box for letter in word if not letter.text.isspace()]
        if not boxes:
            return True
        box = union(boxes)
        place = window(box, self._page, self._scale)
        if word[-1].invisible:
            # Invisible letters over a scan are its words; other text in their place is not theirs.
            scanned = sum(overlap(box, image) for image in self._images) > _COVERED * area(box)
            return scanned and not is_blank(self._pixels, self._free, place)
        return not is_blank(self._pixels, self._all, place)


def _words(run: Run) -> list[list[Letter]]:
    """The letters of a run word by word, each with the space before it."""
    words: list[list[Letter]] = [[]]
    for letter in run.letters:
        if letter.text.isspace():
            words.append([])
        words[-1].append(letter)
    return words
