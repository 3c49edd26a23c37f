"""Texts become vectors by their letters: hashed character n-grams (Weinberger et al. 2009)."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from mmrag.encoders.base import Matrix
from mmrag.errors import ModelError


class CharNgrams:
    """Knows no meanings, but finds "turbine" by "turbins", and part numbers by their pieces."""

    spec = "char_ngrams.encoder:CharNgrams"
    modalities, dim, max_tokens = frozenset({"text"}), 1024, 256
    scripts, languages = frozenset({"Latn"}), None  # text in other scripts is not put to it
    fingerprint = f"{spec} 1"  # count it up whenever the same text would give another vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(re.findall(r"\w+", text)) for text in texts]

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        rows = np.zeros((len(texts), self.dim), np.float32)
        rows[:, 0] = 1e-6  # a text without a word has a direction too
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                for size in (3, 4, 5):
                    for at in range(len(word) + 3 - size):
                        place = zlib.crc32(f"<{word}>"[at : at + size].encode())
                        row[place // 2 % self.dim] += 1 if place % 2 else -1
        rows = np.sign(rows) * np.sqrt(np.abs(rows))  # what is said four times counts twice
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    encode_queries = encode_texts

    def encode_pictures(self, pictures: object) -> Matrix:
        raise ModelError(f"{self.spec} reads text only")
