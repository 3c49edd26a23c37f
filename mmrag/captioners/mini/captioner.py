"""``mini:caption``: one or two honest sentences about a picture."""

from __future__ import annotations

import numpy as np
from PIL.Image import Image

from mmrag.captioners.base import Captioner, Description, PictureContext
from mmrag.captioners.mini import wording
from mmrag.text import normalise
from mmrag.vision.classifier import SHA256, Classifier
from mmrag.vision.colours import striking
from mmrag.vision.kinds import KINDS_VERSION, Look, look
from mmrag.vision.measures import Measures, measure
from mmrag.vision.pixels import upright

_COLOUR_OF_STROKES = 0.04  # share of the ink that a coloured curve covers at least
_COLOUR_OF_SURFACES = 0.1
_BLACK_BESIDE_COLOURS = 0.15


class MiniCaption(Captioner):
    """Says what kind of picture it is, its striking colours, what a photo probably shows, its printed
    caption and the words inside.

    It measures and classifies; it does not understand. Of a chart it knows that it is one, not what it
    shows: the printed caption and the words inside carry the meaning.
    """

    spec = "mini:caption"
    fingerprint = f"mini:caption classifier:{SHA256[:16]} {KINDS_VERSION} v3"
    context_fields = frozenset({"caption", "words", "language"})

    def __init__(self) -> None:
        self._classifier = Classifier()

    def caption(self, picture: Image, context: PictureContext) -> Description:
        """What the picture shows: in Chinese where the context is Chinese, else in English.

        Raises:
            ModelError: if the picture can't be decoded, or the classifier's weights are damaged.
        """
        plain = upright(picture)
        measures = measure(np.asarray(plain))
        printed, words = normalise(context.caption), normalise(context.words)
        kind = look(measures, printed, words)
        contents = self._classifier.names(plain) if kind is Look.PHOTO else []
        say = wording.chinese if context.language == "zh" else wording.english
        return Description(say(kind, _colours(kind, measures), contents, printed.replace("\n", " "), words))


def _colours(kind: Look, measures: Measures) -> list[str]:
    if kind is Look.PHOTO or not measures.light:
        return striking(measures.colours, _COLOUR_OF_SURFACES) or list(measures.colours)[:1]
    found = striking(measures.colours, _COLOUR_OF_STROKES)
    if not found:
        return ["black", "white"] if measures.colours else []
    return [*found, "black"] if measures.colours.get("black", 0.0) >= _BLACK_BESIDE_COLOURS else found
