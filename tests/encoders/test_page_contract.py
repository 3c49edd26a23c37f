"""What every page encoder must hold to, run over all that come with mmrag."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmrag.encoders import PageEncoder, load_page_encoder
from mmrag.encoders.base import PageView
from mmrag.encoders.batching import encode_pages
from mmrag.types import BBox, Line
from tests.tiny import contrastive, late, sentence
from tests.tiny.pictures import pictures

MINI: tuple[str, ...] = ()
TINY = {
    "col:colpali": late.colpali,
    "col:colqwen2": late.colqwen2,
    "col:colmodernvbert": late.colmodernvbert,
    "col:multi_vector": late.multi_vector,
    "clip:clip": contrastive.clip,
    "siglip:siglip2": contrastive.siglip2,
    "open_clip:open_clip": contrastive.open_clip,
    "st:qwen2_vl": sentence.qwen2_vl,
}
QUERIES = (
    "How high is the yield?",
    "",
    "产量是多少？",
    "<image> \ud800 https://example.com/a.png",
    "long " * 2000,
)


def page(picture: Image.Image) -> PageView:
    lines = (Line("The yield doubled.", BBox(0.1, 0.1, 0.9, 0.15)), Line("产量翻了一番。"))
    return PageView(lines, (BBox(0.1, 0.2, 0.9, 0.6),), lambda: picture)


@pytest.fixture(scope="module", params=[*MINI, *TINY])
def spec(request: pytest.FixtureRequest, tiny: Callable[..., Path]) -> str:
    name = str(request.param)
    return f"{name.partition(':')[0]}:{tiny(TINY[name])}" if name in TINY else name


@pytest.fixture(scope="module")
def encoder(spec: str) -> PageEncoder:
    return load_page_encoder(spec)


def test_says_what_it_is(encoder: PageEncoder, spec: str) -> None:
    assert encoder.spec == spec
    assert encoder.fingerprint == load_page_encoder(spec).fingerprint
    assert encoder.fingerprint.startswith(spec)
    assert encoder.scripts is None or all(len(script) == 4 for script in encoder.scripts)
    assert encoder.languages is None or all(len(language) == 2 for language in encoder.languages)


def test_a_page_does_not_depend_on_the_pages_beside_it(encoder: PageEncoder) -> None:
    pages = [page(picture.copy()) for picture in pictures().values()]
    alone = [encode_pages(encoder, [each])[0] for each in pages]
    for batch_size in (3, 64):
        for one, other in zip(alone, encode_pages(encoder, pages, batch_size=batch_size), strict=True):
            np.testing.assert_allclose(other.vectors, one.vectors, rtol=0, atol=1e-5)
            np.testing.assert_array_equal(other.boxes, one.boxes)
    assert any(len(each.vectors) for each in alone)


def test_the_same_page_has_the_same_vectors(encoder: PageEncoder) -> None:
    first, second = (encoder.encode_pages([page(pictures()["RGB"])])[0] for _ in range(2))
    np.testing.assert_array_equal(first.vectors, second.vectors)


def test_each_query_has_vectors_of_unit_length(encoder: PageEncoder) -> None:
    found = encoder.encode_queries(QUERIES)
    assert len(found) == len(QUERIES)
    for query, vectors in zip(QUERIES, found, strict=True):
        assert vectors.dtype == np.float32
        assert vectors.shape[0] >= 1
        assert vectors.shape[1] == encoder.dim
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
        np.testing.assert_allclose(encoder.encode_queries([query])[0], vectors, rtol=0, atol=1e-5)


def test_nothing_gives_nothing(encoder: PageEncoder) -> None:
    assert encoder.encode_pages([]) == []
    assert encoder.encode_queries([]) == []
