"""Photos in the space of a text encoder: ConSE (Norouzi et al. 2014, arXiv:1312.5650).

A photo's vector is the mean of the vectors of the names of its likeliest classes, weighted by their
probabilities: no training, and as good as the thousand classes of ImageNet are for what it shows.
"""

from __future__ import annotations

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Encoder, Matrix
from mmrag.vision.classifier import SHA256, SYNONYMS_SHA256, Classifier
from mmrag.vision.kinds import KINDS_VERSION, Look, look
from mmrag.vision.measures import measure
from mmrag.vision.pixels import upright

_CLASSES = 10
_SURE = 0.5

CONSE_VERSION = (
    f"conse:{SHA256[:8]} names:{SYNONYMS_SHA256[:8]} classes:{_CLASSES} sure:{_SURE} {KINDS_VERSION}"
)
"""Changes whenever the same photo would be placed elsewhere; part of fingerprints."""


class Conse:
    """Places photos in the space of a text encoder; loads the classifier when it first sees one.

    Args:
        texts: the text encoder.
    """

    def __init__(self, texts: Encoder) -> None:
        self._texts = texts
        self._classifier = Classifier()
        self._known: dict[int, Matrix] = {}

    def photo(self, picture: Image) -> Matrix | None:
        """``(dim,)`` float32 of unit length; ``None`` if it is no photo, or shows nothing that is known.

        Args:
            picture: of any mode and size.

        Raises:
            ModelError: if it can't be decoded, or the weights are damaged.
        """
        plain = upright(picture)
        if look(measure(np.asarray(plain)), "", "") is not Look.PHOTO:
            return None
        vector, certainty = self.place(plain)
        return vector if certainty >= _SURE else None

    def place(self, picture: Image) -> tuple[Matrix, float]:
        """The vector of what a picture shows, ``(dim,)`` of unit length, and how sure that is, 0..1.

        Args:
            picture: RGB, of any size.
        """
        likely = self._classifier.probabilities(picture)
        best = np.argsort(-likely, kind="stable")[:_CLASSES]
        mean = likely[best] @ self._names(best.tolist())
        return (mean / np.linalg.norm(mean)).astype(np.float32), float(likely[best].sum())

    def _names(self, classes: list[int]) -> Matrix:
        """``(len(classes), dim)``: their names, each embedded when it is first asked for."""
        new = [number for number in classes if number not in self._known]
        if new:
            vectors = self._texts.encode_texts([self._classifier.synonyms[number] for number in new])
            self._known.update(zip(new, vectors, strict=True))
        return np.stack([self._known[number] for number in classes])
