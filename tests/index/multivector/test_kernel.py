"""The kernel against the definition in float64, on inputs drawn fresh."""

from __future__ import annotations

import numpy as np
import pytest

from mmrag.index.multivector.kernel import maxsim, maxsim_of
from mmrag.index.multivector.packed import (
    PRECISIONS,
    halved,
    pack,
    pack_stream,
    payload,
    rows_a_block,
    unhalved,
)

from .reference import ragged, ranking, reference, unit

# Largest error of a score, for each vector of the query.
TOLERANCE = {"float32": 1e-6, "float16": 1e-6, "int8": 6e-3}


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize(("pages", "dim", "m"), [(1, 8, 1), (3, 128, 20), (120, 128, 20), (60, 24, 5)])
def test_scores_equal_the_definition(precision: str, pages: int, dim: int, m: int) -> None:
    rng = np.random.default_rng()
    vectors, query = ragged(rng, pages, dim), unit(rng.normal(size=(m, dim)))
    scores = maxsim(query, pack(np.arange(pages), vectors, dim, precision))
    expected = reference(query, vectors)
    tolerance = TOLERANCE[precision] * m * (128 / dim) ** 0.5
    np.testing.assert_allclose(scores, expected, rtol=0, atol=tolerance)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_the_same_ten_pages_come_first(precision: str) -> None:
    rng = np.random.default_rng()
    vectors, query = ragged(rng, 300, 128), unit(rng.normal(size=(20, 128)))
    scores = maxsim(query, pack(np.arange(300), vectors, 128, precision))
    assert ranking(scores, 10) == ranking(reference(query, vectors), 10)


def test_signs_follow_the_definition_on_signs() -> None:
    rng = np.random.default_rng()
    vectors, query = ragged(rng, 50, 120, least=1), unit(rng.normal(size=(4, 120)))
    signs = [np.where(page > 0, 1, -1).astype(np.float16) for page in vectors]
    # The query is kept to 8 bits, a sign stands for the mean size of a unit vector's numbers.
    expected = reference(query, signs) * np.sqrt(2 / (np.pi * 120))
    scores = maxsim(query, pack(np.arange(50), vectors, 120, "bit"))
    np.testing.assert_allclose(scores, expected, rtol=0, atol=0.01)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_scores_depend_on_neither_chunks_nor_the_other_pages(precision: str) -> None:
    rng = np.random.default_rng()
    vectors, query = ragged(rng, 90, 32), unit(rng.normal(size=(6, 32)))
    packed = pack(np.arange(90), vectors, 32, precision)
    whole = maxsim(query, packed)
    for chunk in (1, 7, 100, 100_000):
        np.testing.assert_allclose(maxsim(query, packed, chunk=chunk), whole, rtol=0, atol=1e-6)
    some = np.sort(rng.choice(90, 25, replace=False))
    np.testing.assert_allclose(maxsim(query, packed, some), whole[some], rtol=0, atol=1e-6)
    alone = pack(np.array([0]), vectors[:1], 32, precision)
    np.testing.assert_allclose(maxsim(query, alone), whole[:1], rtol=0, atol=1e-6)


@pytest.mark.parametrize("counts", [[], [0], [0, 7, 0], [1031, 3, 0, 1030, 5], [400] * 30, [5000, 1, 600]])
def test_pages_one_after_another_score_as_packed_ones(counts: list[int]) -> None:
    rng = np.random.default_rng()
    pages = [unit(rng.normal(size=(count, 32))).astype(np.float16) for count in counts]
    query = unit(rng.normal(size=(6, 32)))
    scores = maxsim_of(query, iter(pages))
    np.testing.assert_allclose(scores, reference(query, pages), rtol=0, atol=1e-5)
    assert scores.dtype == np.float32


@pytest.mark.parametrize("precision", PRECISIONS)
def test_pages_without_vectors_score_minus_infinity(precision: str) -> None:
    empty = np.empty((0, 16), np.float16)
    query = np.eye(16, dtype=np.float32)[:2]
    assert maxsim(query, pack(np.empty(0, np.int64), [], 16, precision)).tolist() == []
    assert maxsim(query, pack(np.arange(2), [empty, empty], 16, precision)).tolist() == [-np.inf, -np.inf]
    vectors = [empty, -np.eye(16, dtype=np.float16), empty]
    scores = maxsim(query, pack(np.arange(3), vectors, 16, precision))
    assert scores[[0, 2]].tolist() == [-np.inf, -np.inf]
    assert np.isfinite(scores[1])


def test_a_page_larger_than_a_chunk_and_all_negative_products() -> None:
    rng = np.random.default_rng()
    page = -np.abs(unit(rng.normal(size=(500, 8)))).astype(np.float16)
    query = np.abs(unit(rng.normal(size=(3, 8))))
    for precision in ("float32", "float16"):
        scores = maxsim(query, pack(np.array([5]), [page], 8, precision), chunk=10)
        np.testing.assert_allclose(scores, reference(query, [page]), rtol=0, atol=1e-5)


def test_zero_vectors_are_no_trouble() -> None:
    page = np.zeros((3, 16), np.float16)
    query = np.zeros((2, 16), np.float32)
    for precision in ("float32", "float16", "int8", "bit"):
        assert maxsim(query, pack(np.array([0]), [page], 16, precision)).tolist() == pytest.approx([0.0])


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("count", [1, 3, 17, 50, 1030])
def test_blocks_cost_little(precision: str, count: int) -> None:
    pages = 40
    vectors = [np.ones((count, 128), np.float16)] * pages
    packed = pack(np.arange(pages), vectors, 128, precision)
    assert packed.codes.nbytes <= 1.02 * payload(pages * count, 128, precision)


@pytest.mark.parametrize("dim", [1, 2, 31, 128])
def test_codes_of_seven_steps_go_two_to_a_byte(dim: int) -> None:
    vectors = [unit(np.random.default_rng().normal(size=(40, dim))).astype(np.float16)]
    packed = pack_stream(np.arange(1), np.array([40]), vectors, dim, "int8", steps=7)
    halves = halved(packed.codes)
    assert halves.shape == (*packed.codes.shape[:2], -(-dim // 2))
    assert (unhalved(halves, dim) == packed.codes).all()
    assert (packed.codes % 16 == 0).all()
    largest = float(np.abs(vectors[0]).max())
    np.testing.assert_allclose(packed.vectors(0), vectors[0], rtol=0, atol=largest / 14 + 1e-3)


@pytest.mark.parametrize(
    ("counts", "rows"),
    [
        ([], 1),
        ([1], 1),
        ([3, 5, 7], 1),
        ([50], 50),
        ([32, 64], 32),
        ([344], 115),
        ([1030] * 2, 103),
        ([768], 128),
    ],
)
def test_rows_a_block(counts: list[int], rows: int) -> None:
    assert rows_a_block(np.array(counts, np.int64)) == rows


def test_filling_stays_small_for_pages_of_many_sizes() -> None:
    counts = np.random.default_rng().integers(1, 2000, 500)
    block = rows_a_block(counts)
    assert block > 1
    assert (-counts % block).sum() <= 0.008 * counts.sum()
