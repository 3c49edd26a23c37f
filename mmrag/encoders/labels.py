"""What kind a picture is, of kinds that are given by name: zero-shot labels.

As CLIP is used without training (Radford et al. 2021, section 3.1.4): each label's vector is the mean over
several prompts, and a picture gets the label whose vector is nearest. An encoder that knows better brings a
method ``label_pictures(pictures, labels, words)``, as `label` has it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice

import numpy as np
from PIL.Image import Image

from mmrag.encoders.base import Encoder, Matrix
from mmrag.encoders.batching import encode_pictures

_BATCH = 32
_SCALE = 100.0  # the temperature that CLIP was trained to
_SURE = 0.5  # share of the likelihood over all labels

_ENGLISH = ("a {}.", "a picture of a {}.", "an image of a {} in a document.", "this is a {}.")
_CHINESE = ("{}", "一张{}", "一张{}的图片", "文档中的{}")
_LONGER = {
    "chart": "chart or plot of data",
    "diagram": "diagram or flow chart",
    "photo": "photo",
    "map": "map of a place",
    "screenshot": "screenshot of a computer program",
    "table": "table of words and numbers",
    "formula": "mathematical formula",
    "drawing": "drawing or illustration",
}
_TRANSLATED = {
    "chart": "数据图表",
    "diagram": "示意图",
    "photo": "照片",
    "map": "地图",
    "screenshot": "屏幕截图",
    "table": "表格",
    "formula": "数学公式",
    "drawing": "插图",
}

LABELS_VERSION = (
    "labels:"
    + hashlib.sha256(
        json.dumps([_ENGLISH, _CHINESE, _LONGER, _TRANSLATED, _SCALE, _SURE]).encode("ascii")
    ).hexdigest()[:8]
)
"""Of the prompts and of how sure a label must be; part of the fingerprint of what is labelled."""

_Prompts = tuple[str, ...]
_vectors_of: dict[tuple[str, _Prompts], Matrix] = {}


def label(
    encoder: Encoder, pictures: Iterable[Image], labels: Sequence[str], words: Sequence[str] | None = None
) -> list[str]:
    """For each picture one of ``labels``, or ``""`` where none is clearly the likeliest.

    Args:
        encoder: of text and pictures in one space, or one that has ``label_pictures``.
        pictures: of any mode; taken a few at a time.
        labels: names of kinds, at least one; the usual ones (chart, diagram, photo …) are spelt out and,
            for a Chinese encoder, translated.
        words: known to stand in each picture; ``None`` if unknown.

    Raises:
        ModelError: if the encoder fails.
    """
    batches = _batches(pictures)
    first = next(batches, None)
    if first is None:  # no model need be loaded to say so
        return []
    batches = chain([first], batches)
    known = getattr(encoder, "label_pictures", None)
    if known is not None:
        said = None if words is None else iter(words)
        return [
            name
            for batch in batches
            for name in known(batch, labels, None if said is None else list(islice(said, len(batch))))
        ]
    names = label_vectors(encoder, labels)
    vectors = (encode_pictures(encoder, batch, len(batch)) for batch in batches)
    return [said for batch in vectors for said in nearest(batch, names, labels)]


def label_vectors(encoder: Encoder, labels: Sequence[str]) -> Matrix:
    """``(len(labels), dim)`` float32, rows of unit length: each label's mean over all prompts.

    They are kept, by fingerprint and prompts, and can't be written to.
    """
    chinese = encoder.languages is not None and "en" not in encoder.languages and "zh" in encoder.languages
    prompts, names = (_CHINESE, _TRANSLATED) if chinese else (_ENGLISH, _LONGER)
    texts = tuple(prompt.format(names.get(name, name)) for name in labels for prompt in prompts)
    key = (encoder.fingerprint, texts)
    if key not in _vectors_of:
        vectors = encoder.encode_queries(texts).reshape(len(labels), len(prompts), -1).mean(axis=1)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        vectors.setflags(write=False)
        _vectors_of[key] = vectors
    return _vectors_of[key]


def nearest(pictures: Matrix, names: Matrix, labels: Sequence[str]) -> list[str]:
    """For each row of ``pictures`` the label that takes over half of all likelihood, else ``""``.

    Args:
        pictures: ``(n, dim)``, rows of unit length.
        names: ``(len(labels), dim)`` from `label_vectors`.
        labels: in the order of ``names``.
    """
    scores = _SCALE * (pictures @ names.T)
    likely = np.exp(scores - scores.max(axis=1, keepdims=True))
    likely /= likely.sum(axis=1, keepdims=True)
    best = likely.argmax(axis=1)
    return [labels[at] if row[at] > _SURE else "" for at, row in zip(best.tolist(), likely, strict=True)]


def _batches(pictures: Iterable[Image]) -> Iterator[list[Image]]:
    source = iter(pictures)
    while batch := list(islice(source, _BATCH)):
        yield batch
