import logging
import threading

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders import batching
from mmrag.encoders.base import Matrix, PageVectors, PageView
from mmrag.encoders.batching import encode_pages, encode_pictures, encode_query, encode_texts, in_batches
from mmrag.errors import ModelError, OutOfMemoryError


class Lengths:
    """Points at the angle of the text's length in degrees, or of the picture's width."""

    spec = "fake:lengths"
    modalities = frozenset({"text", "picture"})
    dim = 2
    max_tokens = 10
    scripts: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    fingerprint = "fake"

    def __init__(self, spoil: object = None, room: int = 1000) -> None:
        self.calls: list[list[int]] = []
        self.spoil = spoil
        self.room = room

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_texts(self, texts: list[str]) -> Matrix:
        return self._encode([len(text) for text in texts])

    encode_queries = encode_texts

    def encode_pictures(self, pictures: list[Image.Image]) -> Matrix:
        assert all(picture.mode == "RGB" for picture in pictures)
        return self._encode([picture.width for picture in pictures])

    def encode_pages(self, pages: list[PageView]) -> list[PageVectors]:
        vectors = self._encode([page.picture().width for page in pages])
        box = np.array([[0, 0, 1, 1]], dtype=np.float32)
        return [PageVectors(vector[None], box) for vector in vectors]

    def _encode(self, sizes: list[int]) -> Matrix:
        self.calls.append(sizes)
        if len(sizes) > self.room:
            raise OutOfMemoryError("fake:lengths ran out of memory")
        angles = np.radians(sizes)
        vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        return self.spoil(vectors) if callable(self.spoil) else vectors


@pytest.fixture(autouse=True)
def nothing_has_run_out_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batching, "_fitting", {})


def degrees(vectors: Matrix) -> list[int]:
    return [round(float(angle)) for angle in np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0]))]


def pictures(*widths: int) -> list[Image.Image]:
    return [Image.new("CMYK", (width, 1)) for width in widths]


def views(*widths: int) -> list[PageView]:
    return [PageView((), (), lambda width=width: Image.new("RGB", (width, 1))) for width in widths]


def test_longest_first_and_order_restored() -> None:
    encoder, seen = Lengths(), []
    texts = ["a" * 30, "a" * 90, "", "a" * 60, "a" * 45]
    vectors = encode_texts(encoder, texts, lambda done, total: seen.append((done, total)), batch_size=2)
    assert encoder.calls == [[90, 60], [45, 30], [0]]
    assert seen == [(2, 5), (4, 5), (5, 5)]
    np.testing.assert_allclose(
        np.degrees(np.arctan2(vectors[:, 1], vectors[:, 0])), [30, 90, 0, 60, 45], atol=1e-3
    )


def test_nothing_asks_nothing() -> None:
    encoder = Lengths()
    assert encode_texts(encoder, []).shape == (0, 2)
    assert encode_pictures(encoder, [], 0).shape == (0, 2)
    assert encode_pages(encoder, []) == []
    assert encoder.calls == []


def test_a_query_is_one_row() -> None:
    np.testing.assert_allclose(encode_query(Lengths(), ""), [[1, 0]])


def test_pictures_are_taken_one_batch_ahead_and_made_rgb() -> None:
    encoder, taken, seen = Lengths(), [], []

    def source() -> object:
        for picture in pictures(10, 20, 30, 40, 50, 60, 70):
            taken.append(picture.width)
            yield picture

    def on_progress(done: int, total: int) -> None:
        seen.append((done, total, len(taken)))

    vectors = encode_pictures(encoder, source(), 7, on_progress, batch_size=2)
    assert degrees(vectors) == [10, 20, 30, 40, 50, 60, 70]
    assert seen == [(2, 7, 4), (4, 7, 6), (6, 7, 7), (7, 7, 7)]


def test_the_next_pages_are_drawn_while_others_are_encoded() -> None:
    drawn, here = {30: threading.Event(), 40: threading.Event()}, threading.get_ident()

    def draw(width: int) -> Image.Image:
        assert threading.get_ident() == here
        drawn.get(width, threading.Event()).set()
        return Image.new("RGB", (width, 1))

    class Seeing(Lengths):
        sees_pixels = True

        def encode_pages(self, pages: list[PageView]) -> list[PageVectors]:
            if not self.calls:
                assert all(event.wait(timeout=60) for event in drawn.values())
            return super().encode_pages(pages)

    encoder = Seeing()
    pages = [PageView((), (), lambda width=width: draw(width)) for width in (10, 20, 30, 40, 50)]
    found = encode_pages(encoder, pages, batch_size=2)
    assert [degrees(page.vectors) for page in found] == [[10], [20], [30], [40], [50]]
    assert encoder.calls == [[10, 20], [30, 40], [50]]


def test_a_page_that_can_not_be_drawn_ahead_is_an_error() -> None:
    class Seeing(Lengths):
        sees_pixels = True

    def draw() -> Image.Image:
        raise ModelError("no picture")

    with pytest.raises(ModelError, match="no picture"):
        encode_pages(Seeing(), [*views(1, 2), PageView((), (), draw)], batch_size=2)


def test_another_number_of_pictures_is_an_error() -> None:
    with pytest.raises(ModelError, match="was to encode 3 pictures and was given another number"):
        encode_pictures(Lengths(), pictures(1, 2), 3)


def test_pages_keep_their_order() -> None:
    encoder, seen = Lengths(), []
    found = encode_pages(encoder, views(10, 20, 30), lambda *done: seen.append(done), batch_size=2)
    assert [degrees(page.vectors) for page in found] == [[10], [20], [30]]
    assert encoder.calls == [[10, 20], [30]]
    assert seen == [(2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda vectors: vectors[:-1], r"shape \(1, 2\), not \(2, 2\)"),
        (lambda vectors: vectors[:, :1], r"shape \(2, 1\), not \(2, 2\)"),
        (lambda vectors: vectors * np.nan, "not finite"),
        (lambda vectors: vectors * 2, "length 2 to 2, not 1"),
    ],
)
def test_spoilt_vectors_are_refused(spoil: object, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        encode_texts(Lengths(spoil), ["one", "two"])
    with pytest.raises(ModelError, match=message):
        encode_pictures(Lengths(spoil), pictures(1, 2), 2)


@pytest.mark.parametrize(
    ("vectors", "boxes", "message"),
    [
        ([[3, 4]], [[0, 0, 1, 1]], "length 5 to 5"),
        ([[0.6, 0.8]], [[0, 0, 1]], r"boxes of shape \(1, 3\), not \(1, 4\)"),
        ([[0.6, 0.8]], [[0, 0, 1.5, 1]], "not page fractions"),
        ([[0.6, 0.8]], [[0.5, 0, 0.4, 1]], "not page fractions"),
    ],
)
def test_spoilt_pages_are_refused(vectors: list[list[float]], boxes: list[list[float]], message: str) -> None:
    page = PageVectors(np.array(vectors, dtype=np.float32), np.array(boxes, dtype=np.float32))

    class Spoilt(Lengths):
        def encode_pages(self, pages: list[PageView]) -> list[PageVectors]:
            return [page] * len(pages)

    with pytest.raises(ModelError, match=message):
        encode_pages(Spoilt(), views(1))


def test_too_few_pages_are_refused() -> None:
    class Short(Lengths):
        def encode_pages(self, pages: list[PageView]) -> list[PageVectors]:
            return []

    with pytest.raises(ModelError, match="gave 0 pages for 2"):
        encode_pages(Short(), views(1, 2))


def test_a_page_may_have_no_vectors_and_a_vector_no_place() -> None:
    empty = PageVectors(np.empty((0, 2), np.float32), np.empty((0, 4), np.float32))
    nowhere = PageVectors(np.array([[0.6, 0.8]], np.float32), np.full((1, 4), np.nan, np.float32))

    class Odd(Lengths):
        def encode_pages(self, pages: list[PageView]) -> list[PageVectors]:
            return [empty, nowhere]

    assert [len(page.vectors) for page in encode_pages(Odd(), views(1, 2))] == [0, 1]


def test_a_batch_that_does_not_fit_is_halved_and_that_is_said(caplog: pytest.LogCaptureFixture) -> None:
    encoder = Lengths(room=2)
    texts = ["a" * length for length in (80, 70, 60, 50, 40, 30, 20, 10)]
    with caplog.at_level(logging.WARNING):
        vectors = encode_texts(encoder, texts, batch_size=8)
    assert degrees(vectors) == [80, 70, 60, 50, 40, 30, 20, 10]
    assert encoder.calls[:3] == [[80, 70, 60, 50, 40, 30, 20, 10], [80, 70, 60, 50], [80, 70]]
    assert [len(call) for call in encoder.calls].count(2) == 4
    assert [record.getMessage() for record in caplog.records] == [
        "fake:lengths on texts: memory ran out with 8 at once; going on with 4",
        "fake:lengths on texts: memory ran out with 4 at once; going on with 2",
    ]


def test_what_fitted_is_remembered(caplog: pytest.LogCaptureFixture) -> None:
    encoder = Lengths(room=2)
    encode_pictures(encoder, pictures(10, 20, 30, 40), 4, batch_size=4)
    encoder.calls.clear()
    caplog.clear()
    assert degrees(encode_pictures(encoder, pictures(1, 2, 3, 4, 5), 5, batch_size=4)) == [1, 2, 3, 4, 5]
    assert encoder.calls == [[1, 2], [3, 4], [5]]
    assert caplog.records == []
    assert [degrees(page.vectors) for page in encode_pages(encoder, views(1, 2, 3), batch_size=3)] == [
        [1],
        [2],
        [3],
    ]


def test_one_that_does_not_fit_alone_is_an_error() -> None:
    with pytest.raises(
        OutOfMemoryError, match="with one at a time: free memory, take a smaller model, or set MMRAG"
    ):
        encode_texts(Lengths(room=0), ["a", "b"])


def test_other_errors_are_not_retried() -> None:
    calls = []

    def run(batch: list[int]) -> None:
        calls.append(batch)
        raise ModelError("no")

    with pytest.raises(ModelError, match="no"):
        list(in_batches(range(4), 4, run, "fake"))
    assert calls == [[0, 1, 2, 3]]
