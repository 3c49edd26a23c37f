"""Every kind of index against exact numpy, and the choice between them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import faiss
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from mmrag.errors import CorruptError
from mmrag.index.vectors import ann as module
from mmrag.index.vectors.ann import Ann, choose, in_order, recall
from mmrag.index.vectors.faiss_search import search_parameters, selector

DIM = 32
KINDS = ("flat", "hnsw", "ivf")
TOLERANCE = {"flat": 1e-6, "hnsw": 1e-6, "ivf": 1e-3}


def themed(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Vectors of unit length around forty themes."""
    themes = rng.normal(size=(40, DIM))
    vectors = themes[rng.integers(0, 40, count)] + rng.normal(size=(count, DIM))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def exact(
    vectors: NDArray[np.float32], rows: NDArray[np.int64], query: NDArray[np.float32], k: int
) -> list[int]:
    order = np.lexsort((rows, -(vectors @ query)))[:k]
    return [int(row) for row in rows[order]]


@pytest.fixture(params=KINDS)
def built(request: pytest.FixtureRequest) -> tuple[Ann, NDArray[np.float32], NDArray[np.int64]]:
    rng = np.random.default_rng(5)
    vectors = themed(rng, 1500)
    rows = np.sort(rng.choice(100_000, 1500, replace=False)).astype(np.int64)
    order = rng.permutation(1500)
    return Ann.build(vectors[order], rows[order], kind=request.param), vectors, rows


def found_share(
    ann: Ann, vectors: NDArray[np.float32], rows: NDArray[np.int64], allowed: NDArray[np.int64] | None = None
) -> float:
    """Mean recall@10 against exact numpy, and the scores must be right."""
    kept = np.isin(rows, allowed) if allowed is not None else np.ones(len(rows), bool)
    shares = []
    for query in themed(np.random.default_rng(6), 30):
        found, scores = ann.search(query, 10, allowed)
        at = np.searchsorted(rows, found)
        np.testing.assert_allclose(scores, vectors[at] @ query, atol=TOLERANCE[ann.kind])
        assert (np.diff(scores) <= 0).all()
        wanted = exact(vectors[kept], rows[kept], query, 10)
        shares.append(len(set(found.tolist()) & set(wanted)) / len(wanted))
        if ann.kind == "flat":
            assert found.tolist() == wanted
    return float(np.mean(shares))


def test_search_against_exact_numpy(built: tuple[Ann, Any, Any]) -> None:
    ann, vectors, rows = built
    assert ann.rows.tolist() == rows.tolist()
    assert ann.recall >= 0.98
    assert found_share(ann, vectors, rows) >= 0.95
    np.testing.assert_allclose(ann.vectors(rows[[7, 3]]), vectors[[7, 3]], atol=TOLERANCE[ann.kind])
    assert ann.vectors(rows[:0]).shape == (0, DIM)


@given(st.lists(st.integers(0, 4), max_size=30), st.randoms())
def test_ties_come_in_the_order_of_rows(steps: list[int], random: Random) -> None:
    scores = np.array(sorted(steps, reverse=True), np.float32)
    rows = np.array(random.sample(range(100), len(steps)), np.int64)
    padded = np.append(rows, [-1, -1]), np.append(scores, np.full(2, -3.4e38, np.float32))
    order = np.lexsort((rows, -scores))
    found, near = in_order(*padded)
    assert (found.tolist(), near.tolist()) == (rows[order].tolist(), scores.tolist())


@pytest.mark.parametrize("share", [0.01, 0.3, 0.9])
def test_only_allowed_rows_are_found(built: tuple[Ann, Any, Any], share: float) -> None:
    ann, vectors, rows = built
    allowed = np.sort(np.random.default_rng(7).choice(rows, int(share * len(rows)), replace=False))
    assert found_share(ann, vectors, rows, allowed) >= 0.95
    found, _ = ann.search(vectors[0], 5000, np.append(allowed[:20], 999_999))
    assert sorted(found.tolist()) == allowed[:20].tolist()
    assert ann.search(vectors[0], 10, rows[:0])[0].tolist() == []


def test_added_rows_are_found_and_removed_ones_are_not(built: tuple[Ann, Any, Any]) -> None:
    ann, vectors, rows = built
    more, at = themed(np.random.default_rng(8), 200), np.arange(200_000, 200_200)
    ann.add(more, at)
    gone = np.concatenate([rows[::3], at[:50]])
    ann.remove(gone)
    vectors, rows = np.concatenate([vectors, more]), np.concatenate([rows, at])
    left = ~np.isin(rows, gone)
    assert ann.rows.tolist() == rows[left].tolist()
    assert found_share(ann, vectors[left], rows[left]) >= 0.95
    np.testing.assert_allclose(ann.vectors(at[60:62]), more[60:62], atol=TOLERANCE[ann.kind])
    few = np.concatenate([gone[:30], rows[left][:5]])
    assert sorted(ann.search(vectors[0], 100, few)[0].tolist()) == sorted(rows[left][:5].tolist())


def test_a_file_gives_back_what_was_written(built: tuple[Ann, Any, Any], tmp_path: Path) -> None:
    ann, vectors, rows = built
    path = tmp_path / "index"
    ann.write(path)
    again = Ann.read(path)
    assert (again.kind, again.dim, again.recall, again.built) == (ann.kind, DIM, ann.recall, 1500)
    assert again.rows.tolist() == rows.tolist()
    for query in vectors[:5]:
        assert again.search(query, 10)[0].tolist() == ann.search(query, 10)[0].tolist()
    again.add(vectors[:1], np.array([500_000]))
    again.remove(rows[:1])
    assert again.search(vectors[0], 1)[0].tolist() == [500_000]


@pytest.mark.parametrize("data", [b"", b"mmragann", b"something else", b"mmragann\x02\x00\x00\x00{}"])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "index"
    path.write_bytes(data)
    with pytest.raises(CorruptError, match="does not hold a vector index"):
        Ann.read(path)


def test_a_file_cut_short_is_refused(built: tuple[Ann, Any, Any], tmp_path: Path) -> None:
    path = tmp_path / "index"
    built[0].write(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(CorruptError):
        Ann.read(path)


@pytest.mark.parametrize("kind", ["flat", "hnsw"])
def test_empty(kind: str) -> None:
    ann = Ann.build(np.empty((0, DIM), np.float32), np.empty(0, np.int64), kind=kind)
    assert ann.rows.tolist() == []
    assert ann.search(np.ones(DIM, np.float32), 5)[0].tolist() == []
    ann.add(np.eye(DIM, dtype=np.float32)[:2], np.array([7, 3]))
    assert ann.search(np.ones(DIM, np.float32), 5)[0].tolist() == [3, 7]
    ann.remove(np.array([3, 7]))
    assert ann.search(np.ones(DIM, np.float32), 5)[0].tolist() == []


def test_choice_by_size() -> None:
    assert choose(1_000, 384) == "flat"
    assert choose(module.FLAT_NUMBERS // 384, 384) == "flat"
    assert choose(module.FLAT_NUMBERS // 384 + 1, 384) == "ivf"
    assert choose(5_000_000, 384) == "ivf"


def test_when_to_build_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, vectors = np.arange(200), themed(np.random.default_rng(), 200)
    flat, graph = (Ann.build(vectors, rows, kind=kind) for kind in ("flat", "hnsw"))
    assert (flat.stale, graph.stale) == (False, True)
    monkeypatch.setattr(module, "FLAT_NUMBERS", 100 * DIM)
    assert (flat.stale, graph.stale) == (True, False)
    graph.remove(rows[:60])
    assert graph.stale


@pytest.mark.parametrize("kind", ["hnsw", "ivf"])
def test_twice_as_many_are_built_anew(kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "FLAT_NUMBERS", 100 * DIM)
    vectors = themed(np.random.default_rng(), 400)
    ann = Ann.build(vectors[:200], np.arange(200), kind=kind)
    ann.add(vectors[200:399], np.arange(200, 399))
    assert not ann.stale
    ann.write(tmp_path / "index")
    again = Ann.read(tmp_path / "index")
    again.add(vectors[399:], np.array([399]))
    assert again.stale


def test_parameters_carry_the_depth() -> None:
    vectors = themed(np.random.default_rng(), 2000)
    graph, cells = (Ann.build(vectors, np.arange(2000), kind=kind)._index for kind in ("hnsw", "ivf"))
    chosen = selector(np.arange(10))
    assert search_parameters(graph, chosen).efSearch == 128
    faiss.downcast_index(graph.index).hnsw.efSearch = 200
    assert search_parameters(graph, chosen).efSearch == 200
    # All 2,000 vectors are fewer than a search of cells looks at.
    assert search_parameters(cells, chosen).nprobe == cells.nlist
    assert search_parameters(graph, selector(None), k=500).efSearch == 500


def test_cells_are_searched_as_deep_as_many_results_need() -> None:
    vectors = np.random.default_rng().random((40_000, 2), dtype=np.float32)
    cells = faiss.index_factory(2, "IVF100,Flat", faiss.METRIC_INNER_PRODUCT)
    cells.train(vectors[:4_000])
    cells.add(vectors)
    a_cell = 40_000 / 100
    depths = [search_parameters(cells, None, k=k).nprobe for k in (1, 2_048, 3_000, 10_000)]
    assert depths == [int(np.ceil(count / a_cell)) for count in (16_384, 16_384, 24_000, 40_000)]
    assert search_parameters(cells, None, share=0.8, k=3_000).nprobe == 75
    cells.nprobe = 99
    assert search_parameters(cells, None).nprobe == 99


def test_recall_is_a_mean_share() -> None:
    answers = {0.0: np.array([1, 2]), 1.0: np.array([5, 9])}
    found = recall(lambda query: answers[float(query[0])], np.array([[0.0], [1.0]], np.float32), [
        np.array([1, 2]), np.array([5, 6])
    ])  # fmt: skip
    assert found == 0.75


def test_a_gpu_is_asked_where_it_can_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """No GPU here: a stand-in that counts, and searches as the CPU does."""
    asked: list[int] = []

    class OnGpu:
        def __init__(self, index: Any) -> None:
            self._index = index

        def search(self, queries: NDArray[np.float32], k: int, params: Any = None) -> Any:
            assert params is None
            asked.append(k)
            return self._index.search(queries, k)

    monkeypatch.setattr(faiss, "get_num_gpus", lambda: 1)
    monkeypatch.setattr(faiss, "StandardGpuResources", object, raising=False)
    monkeypatch.setattr(faiss, "index_cpu_to_gpu", lambda _, __, index: OnGpu(index), raising=False)
    rng = np.random.default_rng()
    vectors, rows = themed(rng, 3000), np.arange(3000)
    flat = Ann.build(vectors, rows)
    assert found_share(flat, vectors, rows) == 1
    assert asked == [10] * 30
    assert found_share(flat, vectors, rows, rows[:500]) == 1
    flat.search(vectors[0], 2500)
    assert asked == [10] * 30
    flat.remove(rows[:100])
    assert found_share(flat, vectors[100:], rows[100:]) == 1
    assert len(asked) == 60
