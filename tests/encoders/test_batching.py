import numpy as np
import pytest

from mmrag.encoders.base import Matrix
from mmrag.encoders.batching import encode_query, encode_texts
from mmrag.errors import ModelError


class Lengths:
    """Points at the angle of the text's length in degrees."""

    spec = "fake:lengths"
    modalities = frozenset({"text"})
    dim = 2
    max_tokens = 10
    scripts: frozenset[str] | None = None
    languages: frozenset[str] | None = None
    fingerprint = "fake"

    def __init__(self, spoil: object = None) -> None:
        self.calls: list[list[int]] = []
        self.spoil = spoil

    def count_tokens(self, texts: list[str]) -> list[int]:
        return [len(text.split()) for text in texts]

    def encode_texts(self, texts: list[str]) -> Matrix:
        self.calls.append([len(text) for text in texts])
        angles = np.radians([len(text) for text in texts])
        vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        return self.spoil(vectors) if callable(self.spoil) else vectors

    encode_queries = encode_texts

    def encode_pictures(self, pictures: list[object]) -> Matrix:
        raise ModelError("text only")


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
    assert encoder.calls == []


def test_a_query_is_one_row() -> None:
    np.testing.assert_allclose(encode_query(Lengths(), ""), [[1, 0]])


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
