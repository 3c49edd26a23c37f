"""``mini:joint``: pictures among the texts of ``mini:text``, without a model trained on both.

A picture's vector is a mix of two: of what a photo shows, by ConSE (see `mmrag.encoders.conse`), and of what
kind of picture it is with the words that OCR reads in it. A photo without words is all the first, a chart all
the second. A question matches pictures as far as their words and the thousand classes of ImageNet reach.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from mmrag.encoders import load_encoder
from mmrag.encoders.base import Encoder, Matrix
from mmrag.encoders.conse import CONSE_VERSION, Conse
from mmrag.encoders.mini_text import MiniText
from mmrag.encoders.threads import processors
from mmrag.pictures import as_rgb, shrunk
from mmrag.vision.kinds import Look, look
from mmrag.vision.measures import measure
from mmrag.vision.ocr import OCR_VERSION
from mmrag.vision.pixels import upright

_SIDE = 1000  # pixels: OCR of a page at 144 dpi would take seconds, and the words of a figure are large
_ENOUGH = 4  # words read that weigh as much as what a photo shows
_MOST_WORDS = 30
_REMEMBERED = 256
_WORD = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look at a picture gave: its kind, the words in it, and what it shows."""

    kind: Look
    words: tuple[str, ...]
    shown: Matrix
    certainty: float


class MiniJoint:
    """English texts as in ``mini:text``, 384 dimensions, and pictures in the same space.

    Attributes:
        texts: the encoder whose vectors of texts it borrows.
    """

    spec = "mini:joint"
    modalities = frozenset({"text", "picture"})
    dim = MiniText.dim
    max_tokens = MiniText.max_tokens
    scripts = MiniText.scripts
    languages = MiniText.languages
    fingerprint = f"mini:joint {CONSE_VERSION} ocr:{OCR_VERSION} side:{_SIDE} v3 [{MiniText.fingerprint}]"

    def __init__(self) -> None:
        self.texts: Encoder = load_encoder("mini:text")
        self._conse = Conse(self.texts)
        self._lock = threading.Lock()
        self._seen: OrderedDict[bytes, _Seen] = OrderedDict()

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As ``mini:text``."""
        return self.texts.count_tokens(texts)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        """As ``mini:text``."""
        return self.texts.encode_texts(texts)

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        """As ``mini:text``."""
        return self.texts.encode_queries(queries)

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Matrix:
        """``(len(pictures), 384)`` float32, rows of unit length; a row does not depend on the others.

        Raises:
            ModelError: if a picture can't be decoded, or weights are missing, damaged or can't be run.
        """
        return self._vectors(self._look(pictures, None))

    def encode_read(self, pictures: Sequence[Image.Image], words: Sequence[str]) -> Matrix:
        """As `encode_pictures`, with the words that are known to stand in each picture instead of OCR.

        Raises:
            ModelError: as `encode_pictures`.
        """
        return self._vectors(self._look(pictures, words))

    def label_pictures(
        self, pictures: Sequence[Image.Image], labels: Sequence[str], words: Sequence[str] | None = None
    ) -> list[str]:
        """What kind each picture is, one of ``labels``; empty where it is none of them, or unclear.

        By measuring: similarity to the word "chart" would say nothing in this space.

        Raises:
            ModelError: as `encode_pictures`.
        """
        said = (_LABELS.get(seen.kind, "") for seen in self._look(pictures, words))
        return [name if name in labels else "" for name in said]

    def _vectors(self, seen: Sequence[_Seen]) -> Matrix:
        rows = [self._vector(one) for one in seen]
        return np.stack(rows) if rows else np.empty((0, self.dim), np.float32)

    def _look(self, pictures: Sequence[Image.Image], words: Sequence[str] | None) -> list[_Seen]:
        """``words`` of each picture, or ``None`` to read them."""
        known: Sequence[str | None] = [None] * len(pictures) if words is None else words
        if len(pictures) == 1:
            return [self._look_at(pictures[0], known[0])]
        return list(self._threads.map(self._look_at, pictures, known))

    def _look_at(self, picture: Image.Image, words: str | None) -> _Seen:
        plain = as_rgb(picture)
        key = hashlib.sha256(f"{plain.size} {words!r}".encode() + plain.tobytes()).digest()
        with self._lock:
            known = self._seen.get(key)
        if known is None:
            known = self._understand(plain, self._read(plain) if words is None else words.splitlines())
            with self._lock:
                self._seen[key] = known
                if len(self._seen) > _REMEMBERED:
                    self._seen.popitem(last=False)
        return known

    def _read(self, picture: Image.Image) -> list[str]:
        from mmrag.vision.ocr import read_text

        return [line.text for line in read_text(shrunk(picture, _SIDE))]

    def _understand(self, picture: Image.Image, lines: Sequence[str]) -> _Seen:
        small = upright(picture)
        kind = look(measure(np.asarray(small)), "", " ".join(lines))
        words = dict.fromkeys(word for line in lines for word in line.split() if _WORD.search(word))
        return _Seen(kind, tuple(words)[:_MOST_WORDS], *self._conse.place(small))

    def _vector(self, seen: _Seen) -> Matrix:
        said = " ".join([f"{seen.kind}:", *seen.words])
        text: Matrix = self.texts.encode_texts([said])[0]
        if seen.kind is not Look.PHOTO:
            return text
        read = len(seen.words) / (len(seen.words) + _ENOUGH)
        mixed = (1 - read) * seen.certainty * seen.shown + read * text
        return np.asarray(mixed / np.linalg.norm(mixed), dtype=np.float32)

    @cached_property
    def _threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(processors(), thread_name_prefix="mini-joint")


_LABELS = {
    Look.PHOTO: "photo",
    Look.SCREENSHOT: "screenshot",
    Look.MAP: "map",
    Look.FLOW_CHART: "diagram",
    Look.DIAGRAM: "diagram",
    Look.TEXT: "table",
    Look.GRAPHIC: "drawing",
    Look.LINE_CHART: "chart",
    Look.BAR_CHART: "chart",
    Look.HISTOGRAM: "chart",
    Look.SCATTER_PLOT: "chart",
    Look.BOX_PLOT: "chart",
    Look.PIE_CHART: "chart",
    Look.HEAT_MAP: "chart",
    Look.CHART: "chart",
}
