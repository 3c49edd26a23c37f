"""Pure stand-ins for models: what they return can be worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL.Image import Image

from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.encoders.base import Matrix, PageVectors, PageView
from mmrag.errors import ModelError

LETTERS = "abcdefghijklmnopqrstuvwxyz"


class LetterEncoder:
    """A text's vector counts its letters a–z, brought to unit length; a text without letters points to a."""

    spec = "tests.fakes:LetterEncoder"
    modalities = frozenset({"text"})
    dim = 26
    max_tokens = 64
    scripts: frozenset[str] | None = frozenset({"Latn"})
    languages: frozenset[str] | None = None
    fingerprint = "letters-1"
    calls = 0

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(text.split()) + 2 for text in texts]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        type(self).calls += len(texts)
        return self._encode(texts)

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        return self._encode(queries)

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        raise ModelError("it reads text alone")

    def _encode(self, texts: Sequence[str]) -> Matrix:
        rows = np.array([[text.lower().count(letter) for letter in LETTERS] for text in texts], np.float32)
        rows = rows.reshape(-1, self.dim)
        rows[rows.sum(axis=1) == 0, 0] = 1
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


class OtherLetterEncoder(LetterEncoder):
    """The same space under another fingerprint."""

    fingerprint = "letters-2"


class ColourEncoder(LetterEncoder):
    """Texts by their letters; a picture by the letters of its strongest colour: red, green or blue."""

    spec = "tests.fakes:ColourEncoder"
    modalities = frozenset({"text", "picture"})
    fingerprint = "colours-1"
    texts = LetterEncoder()
    pictures = 0

    def encode_pictures(self, pictures: Sequence[Image]) -> Matrix:
        type(self).pictures += len(pictures)
        strongest = [int(np.asarray(picture.convert("RGB")).mean((0, 1)).argmax()) for picture in pictures]
        return self._encode([("red", "green", "blue")[channel] for channel in strongest])


class LinesEncoder:
    """Each line of a page is a vector, by its letters; each word of a query too."""

    spec = "tests.fakes:LinesEncoder"
    dim = 26
    scripts: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    fingerprint = "lines-1"
    calls = 0

    def encode_pages(self, pages: Sequence[PageView]) -> list[PageVectors]:
        type(self).calls += len(pages)
        return [
            PageVectors(
                LetterEncoder().encode_texts([line.text for line in page.lines]),
                np.array(
                    [line.bbox.as_tuple() if line.bbox else (np.nan,) * 4 for line in page.lines], np.float32
                ).reshape(-1, 4),
            )
            for page in pages
        ]

    def encode_queries(self, queries: Sequence[str]) -> list[Matrix]:
        return [LetterEncoder().encode_queries(query.split()) for query in queries]


class SizeCaptioner(Captioner):
    """Says how large the picture is."""

    spec = "tests.fakes:SizeCaptioner"
    fingerprint = "size-1"
    calls = 0

    def caption(self, picture: Image, context: PictureContext) -> Description:
        type(self).calls += 1
        if picture.width == 13:
            raise ModelError("thirteen is too hard")
        return Description(f"A picture of {picture.width} by {picture.height}.")
