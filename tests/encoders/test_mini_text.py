"""``mini:text`` against the float32 model it comes from; `tools/golden_minilm.py` makes the reference."""

import json
from pathlib import Path

import numpy as np

from mmrag.encoders.mini_text import MiniText

GOLDEN = json.loads((Path(__file__).parent / "golden" / "minilm_fp32.json").read_text(encoding="utf-8"))


def test_vectors_are_those_of_the_float_model() -> None:
    expected = np.array(list(GOLDEN.values()), dtype=np.float32)
    cosines = (MiniText().encode_texts(list(GOLDEN)) * expected).sum(axis=1)
    assert cosines.min() > 0.995
    assert cosines.mean() > 0.998


def test_similarities_are_those_of_the_float_model() -> None:
    expected = np.array(list(GOLDEN.values()), dtype=np.float32)
    found = MiniText().encode_texts(list(GOLDEN))
    np.testing.assert_allclose(found @ found.T, expected @ expected.T, atol=0.03)


def test_queries_and_texts_share_one_space() -> None:
    texts = list(GOLDEN)
    np.testing.assert_array_equal(MiniText().encode_queries(texts), MiniText().encode_texts(texts))


def test_a_text_over_the_limit_is_the_mean_of_its_windows() -> None:
    encoder = MiniText()
    window = "reactor " * 254
    (whole,) = encoder.encode_texts([window])
    (twice,) = encoder.encode_texts([window * 2])
    np.testing.assert_allclose(twice, whole, atol=1e-6)
