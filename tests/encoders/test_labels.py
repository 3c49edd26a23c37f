from collections.abc import Sequence

import numpy as np
from PIL import Image

from mmrag.encoders.base import Matrix
from mmrag.encoders.labels import LABELS_VERSION, label, label_vectors, nearest

LABELS = ("chart", "photo")


class Colours:
    """Charts are red, photos green; any other text is blue. A picture is its one pixel."""

    spec = "test:colours"
    modalities = frozenset({"text", "picture"})
    dim = 3
    max_tokens = 10
    scripts: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    fingerprint = "colours"
    asked: list[str]

    def __init__(self) -> None:
        self.asked = []

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [1] * len(texts)

    def encode_texts(self, texts: Sequence[str]) -> Matrix:
        return self.encode_queries(texts)

    def encode_queries(self, queries: Sequence[str]) -> Matrix:
        self.asked += queries
        kinds = [("chart" in text or "图表" in text, "photo" in text or "照片" in text) for text in queries]
        return np.array([[a, b, not (a or b)] for a, b in kinds], np.float32)

    def encode_pictures(self, pictures: Sequence[Image.Image]) -> Matrix:
        rows = np.array([picture.convert("RGB").getpixel((0, 0)) for picture in pictures], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def pixel(colour: str) -> Image.Image:
    return Image.new("RGB", (1, 1), colour)


def test_a_picture_gets_the_nearest_label_and_none_where_two_are_as_near() -> None:
    shown = (pixel(colour) for colour in ("red", "lime", "yellow", "red"))
    assert label(Colours(), shown, LABELS) == ["chart", "photo", "", "chart"]


def test_many_pictures_are_taken_a_few_at_a_time() -> None:
    sizes: list[int] = []

    class Counting(Colours):
        def encode_pictures(self, pictures: Sequence[Image.Image]) -> Matrix:
            sizes.append(len(pictures))
            return super().encode_pictures(pictures)

    assert label(Counting(), (pixel("red") for _ in range(70)), LABELS) == ["chart"] * 70
    assert sizes == [32, 32, 6]
    assert label(Counting(), iter(()), LABELS) == []


def test_no_picture_needs_no_encoder() -> None:
    class Refusing(Colours):
        fingerprint = "refusing"

        def encode_queries(self, queries: Sequence[str]) -> Matrix:
            raise AssertionError("loaded")

    assert label(Refusing(), iter(()), LABELS) == []


def test_prompts_are_encoded_once_for_each_fingerprint() -> None:
    class Fresh(Colours):
        def __init__(self, fingerprint: str) -> None:
            super().__init__()
            self.fingerprint = fingerprint

    first, twin, other = Fresh("once"), Fresh("once"), Fresh("another")
    for encoder in (first, first, twin, other):
        assert label(encoder, [pixel("red")], LABELS) == ["chart"]
    assert [len(encoder.asked) for encoder in (first, twin, other)] == [8, 0, 8]
    label_vectors(first, ("photo",))
    assert len(first.asked) == 12


def test_the_version_changes_with_prompts_and_thresholds_alone() -> None:
    assert LABELS_VERSION == "labels:4a1dfa8e"


def test_a_label_is_the_mean_of_its_prompts() -> None:
    encoder = Colours()
    encoder.fingerprint = "mean of prompts"
    np.testing.assert_allclose(label_vectors(encoder, ("chart", "unicorn")), [[1, 0, 0], [0, 0, 1]])
    assert "a picture of a unicorn." in encoder.asked
    assert len(encoder.asked) == 8


def test_a_chinese_encoder_is_asked_in_chinese() -> None:
    class Chinese(Colours):
        languages = frozenset({"zh"})
        fingerprint = "chinese colours"

    encoder = Chinese()
    assert label(encoder, [pixel("lime")], LABELS) == ["photo"]
    assert "一张照片" in encoder.asked
    assert not any(text.isascii() for text in encoder.asked)


def test_an_encoder_that_knows_better_is_asked_with_the_words_that_are_known() -> None:
    class Knowing(Colours):
        def label_pictures(
            self, pictures: Sequence[Image.Image], labels: Sequence[str], words: Sequence[str] | None
        ) -> list[str]:
            if words is None:
                return [labels[picture.width % 2] for picture in pictures]
            return [f"{word} {picture.width}" for word, picture in zip(words, pictures, strict=True)]

    widths = list(range(1, 41))
    shown = [Image.new("L", (width, 1)) for width in widths]
    assert label(Knowing(), shown[1:3], LABELS) == ["chart", "photo"]
    said = label(Knowing(), iter(shown), LABELS, [f"word{width}" for width in widths])
    assert said == [f"word{width} {width}" for width in widths]


def test_more_than_half_of_all_likelihood_is_needed() -> None:
    pictures = np.array([[1, 0, 0], [0, 0.6, 0.8], [0.578, 0.577, 0.577], [0.58, 0.57, 0.57]], np.float32)
    assert nearest(pictures, np.eye(3, dtype=np.float32), ("chart", "photo", "map")) == [
        "chart",
        "map",
        "",
        "chart",
    ]
