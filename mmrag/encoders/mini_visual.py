"""``mini:visual``: a page as many vectors without a vision model: windows of its lines, and its photos.

Late interaction (Khattab & Zaharia 2020, "ColBERT") over lines as they stand on the page instead of tokens or
patches: a row of a table, the labels of a plot and the words of a scan are found where they stand. Photos
are placed among the texts by what a classifier sees in them (see `mmrag.encoders.conse`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np

from mmrag.encoders import load_encoder
from mmrag.encoders.base import Encoder, Matrix, PageVectors, PageView
from mmrag.encoders.batching import encode_texts
from mmrag.encoders.conse import CONSE_VERSION, Conse
from mmrag.encoders.mini_multilingual import MiniMultilingual
from mmrag.encoders.mini_text import MiniText
from mmrag.encoders.phrases import looked_for
from mmrag.encoders.windows import windows
from mmrag.text.script import readable_share
from mmrag.types import BBox

LINES = 2
"""Lines a window; measured by benchmarks/visual.py."""

_READABLE = 0.5
_SMALLEST = 0.01  # share of the page: smaller pictures are icons
_VERSION = f"windows:{LINES} readable:{_READABLE} smallest:{_SMALLEST} {CONSE_VERSION} v2"


class _LinesAndPhotos:
    """A page encoder over a text encoder; what differs is the text encoder alone."""

    spec: str
    scripts: frozenset[str] | None
    languages: frozenset[str] | None
    dim: int

    def __init__(self, texts: Encoder) -> None:
        self._texts = texts
        self._conse = Conse(texts)

    @cached_property
    def fingerprint(self) -> str:
        """Of the windows, the text encoder and the classifier of photos."""
        return f"{self.spec} {_VERSION} [{self._texts.fingerprint}]"

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        """A vector for each window of two lines in a script that is known, and one for each photo.

        Raises:
            ModelError: if the weights are missing, damaged or can't be run.
        """
        found = [self._windows(page) for page in pages]
        texts = dict.fromkeys(text for page in found for text, _ in page)
        vectors = dict(zip(texts, encode_texts(self._texts, list(texts)), strict=True))
        return [
            self._page([(vectors[text], box) for text, box in lines] + list(self._photos(page)))
            for page, lines in zip(pages, found, strict=True)
        ]

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        """For each query ``(m, dim)`` float32: its phrases, and as often again the whole of it."""
        parts = [looked_for(query) for query in queries]
        texts = list(dict.fromkeys(text for part in parts for text in part))
        vectors = dict(zip(texts, self._texts.encode_queries(texts), strict=True))
        return [np.stack([vectors[text] for text in part]) for part in parts]

    def _windows(self, page: PageView) -> list[tuple[str, BBox | None]]:
        lines = [line for line in page.lines if self._reads(line.text)]
        return [(window.text, window.bbox) for window in windows(lines, LINES)]

    def _reads(self, text: str) -> bool:
        return any(map(str.isalnum, text)) and readable_share(text, self.scripts) >= _READABLE

    def _photos(self, page: PageView) -> Iterator[tuple[Matrix, BBox]]:
        boxes = [box for box in page.figures if box.area >= _SMALLEST]
        if not boxes:
            return
        shown = page.picture()
        for box in boxes:
            vector = self._conse.photo(shown.crop(_pixels(box, *shown.size)))
            if vector is not None:
                yield vector, box

    def _page(self, found: Sequence[tuple[Matrix, BBox | None]]) -> PageVectors:
        vectors = np.empty((len(found), self.dim), np.float32)
        boxes = np.full((len(found), 4), np.nan, np.float32)
        for row, (vector, box) in enumerate(found):
            vectors[row] = vector
            if box is not None:
                boxes[row] = box.as_tuple()
        return PageVectors(vectors, boxes)


class MiniVisual(_LinesAndPhotos):
    """English pages as many vectors of ``mini:text``, 384 dimensions; lines in other scripts are left out."""

    spec = "mini:visual"
    dim = MiniText.dim
    scripts = MiniText.scripts
    languages = MiniText.languages

    def __init__(self) -> None:
        super().__init__(load_encoder("mini:text"))


class MiniVisualMultilingual(_LinesAndPhotos):
    """The same over ``mini:multilingual``: sixteen languages, 512 dimensions."""

    spec = "mini:visual-multilingual"
    dim = MiniMultilingual.dim
    scripts = MiniMultilingual.scripts
    languages = MiniMultilingual.languages

    def __init__(self) -> None:
        super().__init__(load_encoder("mini:multilingual"))


def _pixels(box: BBox, width: int, height: int) -> tuple[int, int, int, int]:
    """``box`` in whole pixels, at least one each way."""
    x0, y0, x1, y1 = box.to_points(width, height)
    left, top = min(int(x0), width - 1), min(int(y0), height - 1)
    return (left, top, max(left + 1, round(x1)), max(top + 1, round(y1)))
