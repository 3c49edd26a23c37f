"""FAISS against exact numpy, and the derived file against the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mmrag.config import VisualOptions
from mmrag.index.derived import load_spaces, write_derived
from mmrag.index.store import create
from mmrag.index.vectors import ann
from mmrag.index.vectors.space import VectorSpace
from mmrag.index.writer import Writer, content_key
from mmrag.types import BBox, Document, Element, Kind, Page, ParsedPage

DIM = 16


@pytest.fixture
def writer(tmp_path: Path) -> Writer:
    create(tmp_path / "index")
    return Writer(tmp_path / "index")


def unit(rows: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def add(writer: Writer, path: str, vectors: NDArray[np.float32]) -> None:
    with writer.writing():
        space = writer.space("fake", DIM, "f")
        document = writer.add_document(Document(path * 8, path, "text/plain", page_count=1))
        page = writer.add_page(document, ParsedPage(Page(path * 8, 1), ()), "words")
        element = Element("e" + path, path * 8, 1, Kind.TEXT, BBox(0, 0, 1, 1), "words")
        row = writer.add_element(document, page, element, "words")
        keys = [content_key(f"{path} {number}") for number in range(len(vectors))]
        made = writer.add_vectors(writer.encoder("f"), keys, vectors)
        writer.add_chunks(space, document, [(page, row, made[key], "words") for key in keys])


def loaded(writer: Writer) -> VectorSpace:
    with writer.snapshot():
        return load_spaces(writer)["fake"]


def test_search_equals_exact_numpy(writer: Writer) -> None:
    rng = np.random.default_rng()
    vectors = unit(rng.normal(size=(500, DIM)))
    add(writer, "a", vectors)
    space = loaded(writer)
    for query in unit(rng.normal(size=(20, DIM))):
        rows, scores = space.search(query, 10)
        exact = vectors @ query
        assert rows.tolist() == space.places.chunks[np.argsort(-exact, kind="stable")[:10]].tolist()
        np.testing.assert_allclose(scores, np.sort(exact)[::-1][:10], atol=1e-6)
        np.testing.assert_allclose(space.score(query, rows), scores, atol=1e-6)
        allowed = rng.choice(space.places.chunks, 30, replace=False)
        rows, _ = space.search(query, 100, allowed)
        at = np.searchsorted(space.places.chunks, np.sort(allowed))
        assert rows.tolist() == space.places.chunks[at[np.argsort(-exact[at], kind="stable")]].tolist()
    writer.close()


def test_chunks_are_found_by_their_pages(writer: Writer) -> None:
    rng = np.random.default_rng()
    for path in ("a", "b", "c"):
        add(writer, path, unit(rng.normal(size=(int(rng.integers(1, 9)), DIM))))
    places = loaded(writer).places
    for pages in (places.pages[:0], np.unique(places.pages)[1:], np.array([10_000])):
        expected = np.flatnonzero(np.isin(places.pages, pages))
        assert sorted(places.on(pages).tolist()) == expected.tolist()
    writer.close()


def test_fewer_vectors_than_asked_for_give_fewer_hits(writer: Writer) -> None:
    add(writer, "a", unit(np.eye(3, DIM)))
    rows, scores = loaded(writer).search(unit(np.eye(1, DIM))[0], 10)
    assert len(rows) == 3
    assert scores[0] == 1
    writer.close()


def test_equal_scores_come_in_the_order_of_rows(writer: Writer) -> None:
    add(writer, "a", np.tile(unit(np.eye(1, DIM)), (5, 1)))
    rows, _ = loaded(writer).search(unit(np.eye(1, DIM))[0], 5)
    assert rows.tolist() == sorted(rows.tolist())
    writer.close()


def test_an_empty_space_finds_nothing(writer: Writer) -> None:
    with writer.writing():
        writer.space("fake", DIM, "f")
    rows, scores = loaded(writer).search(unit(np.eye(1, DIM))[0], 5)
    assert len(rows) == len(scores) == 0
    writer.close()


def all_of(space: VectorSpace) -> dict[int, float]:
    rows, scores = space.search(unit(np.ones((1, DIM)))[0], 10_000)
    return dict(zip(rows.tolist(), scores.tolist(), strict=True))


@pytest.mark.parametrize(
    ("flat_numbers", "kind", "error"), [(ann.FLAT_NUMBERS, "flat", 1e-6), (100, "ivf", 5e-4)]
)
def test_the_file_never_decides_what_is_found(
    writer: Writer, monkeypatch: pytest.MonkeyPatch, flat_numbers: int, kind: str, error: float
) -> None:
    """Whether the file is new, old, missing or damaged, the answer is the truth's."""
    monkeypatch.setattr(ann, "FLAT_NUMBERS", flat_numbers)
    rng = np.random.default_rng()
    add(writer, "a", unit(rng.normal(size=(40, DIM))))
    add(writer, "b", unit(rng.normal(size=(40, DIM))))
    truth = all_of(loaded(writer))
    write_derived(writer, VisualOptions())
    assert loaded(writer)._ann.kind == kind
    assert all_of(loaded(writer)) == pytest.approx(truth, abs=error)

    with writer.writing():
        writer.remove_document("a")
    add(writer, "c", unit(rng.normal(size=(40, DIM))))
    stale = all_of(loaded(writer))
    assert len(stale) == 80
    write_derived(writer, VisualOptions())
    assert all_of(loaded(writer)) == pytest.approx(stale, abs=error)

    (file,) = (writer.path / "vectors").iterdir()
    damaged = bytearray(file.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    file.write_bytes(damaged)
    assert all_of(loaded(writer)) == pytest.approx(stale, abs=error)
    file.unlink()
    assert all_of(loaded(writer)) == pytest.approx(stale, abs=error)
    writer.close()


def test_an_open_space_follows_the_writer(writer: Writer) -> None:
    rng = np.random.default_rng()
    add(writer, "a", unit(rng.normal(size=(10, DIM))))
    space = loaded(writer)
    add(writer, "b", unit(rng.normal(size=(10, DIM))))
    with writer.writing():
        writer.remove_document("a")
    with writer.snapshot():
        space.refresh(writer)
    assert all_of(space) == pytest.approx(all_of(loaded(writer)))
    writer.close()
