"""Vector stores of LlamaIndex against the flat index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import mmrag
from mmrag.config import VisualOptions
from mmrag.errors import ModelError, RecipeError
from mmrag.index.derived import derived_is_whole, load_spaces, write_derived
from mmrag.index.store import create
from mmrag.index.vectors.space import VectorSpace
from mmrag.index.writer import Writer
from mmrag.llama_index import vector_stores
from tests.index.vectors.test_space import DIM, add, unit
from tests.llama_index.conftest import RECIPE
from tests.llama_index.parts import SERVERS

SIMPLE = "llama-index:llama_index.core.vector_stores:SimpleVectorStore"
SERVED = "llama-index:tests.llama_index.parts:ServedStore?collection={space}"
STORES = [SIMPLE, SERVED, f"{SERVED}&deletes=false"]


@pytest.fixture(autouse=True)
def servers() -> Iterator[None]:
    yield
    SERVERS.clear()


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[Writer]:
    create(tmp_path / "index")
    opened = Writer(tmp_path / "index")
    yield opened
    opened.close()


def load(writer: Writer, spec: str) -> VectorSpace:
    with writer.writing():
        writer.set("recipe", {"vector_store": spec})
    with writer.snapshot():
        return load_spaces(writer)["fake"]


def write(writer: Writer, spec: str) -> None:
    load(writer, spec)
    write_derived(writer, VisualOptions())


def vectors(count: int) -> NDArray[np.float32]:
    return unit(np.random.default_rng().normal(size=(count, DIM)))


def same(writer: Writer, spec: str, allowed: NDArray[np.int64] | None = None, k: int = 10) -> None:
    """The space of the store finds just what the flat one does."""
    space = load(writer, spec)
    flat = load(writer, "")
    assert type(flat) is VectorSpace
    for query in vectors(10):
        with writer.snapshot():
            rows, scores = space.search(query, k, allowed)
            expected = flat.search(query, k, allowed)
            again = space.score(query, rows[::-1])
        np.testing.assert_array_equal(rows, expected[0])
        np.testing.assert_allclose(scores, expected[1], atol=1e-6)
        np.testing.assert_allclose(again, scores[::-1], atol=1e-6)


def held(writer: Writer, spec: str) -> int:
    """How many vectors the store itself has."""
    space = load(writer, spec)
    assert isinstance(space, vector_stores.StoreSpace)
    client = space._client
    return len(client.data.embedding_dict if spec == SIMPLE else client.client)


@pytest.mark.parametrize("spec", STORES)
def test_an_exact_store_finds_what_the_flat_index_finds(
    writer: Writer, spec: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(writer, "a", vectors(300))
    same(writer, spec)  # before anything is in the store
    write(writer, spec)
    assert derived_is_whole(writer)
    assert held(writer, spec) == 300
    same(writer, spec)
    same(writer, spec, k=1000)
    chunks = load(writer, spec).places.chunks
    some = np.random.default_rng().choice(chunks, 40, replace=False)
    same(writer, spec, some)
    monkeypatch.setattr(vector_stores, "_FEW", 5)  # as if there were many
    same(writer, spec, some)
    same(writer, spec, some[:0])
    same(writer, spec, np.array([10**9]))


@pytest.mark.parametrize("spec", STORES)
def test_it_follows_what_comes_and_goes(writer: Writer, spec: str) -> None:
    for path in "abc":
        add(writer, path, vectors(60))
    write(writer, spec)
    with writer.writing():
        writer.remove_document("b")
    add(writer, "d", vectors(30))
    same(writer, spec)  # a reader's view of it, with the store as it was
    assert held(writer, spec) == 180
    write(writer, spec)
    assert held(writer, spec) == (210 if "deletes" in spec else 150)
    same(writer, spec)


def test_a_space_that_is_open_follows_too(writer: Writer) -> None:
    add(writer, "a", vectors(20))
    write(writer, SERVED)
    space, flat = load(writer, SERVED), load(writer, "")
    add(writer, "b", vectors(20))
    with writer.writing():
        writer.remove_document("a")
    for each in (space, flat):
        with writer.snapshot():
            each.refresh(writer)
    query = vectors(1)[0]
    with writer.snapshot():
        np.testing.assert_array_equal(space.search(query, 30)[0], flat.search(query, 30)[0])
        assert len(space.search(query, 30)[0]) == 20


def test_each_space_and_each_build_has_a_collection_of_its_own(writer: Writer, tmp_path: Path) -> None:
    add(writer, "a", vectors(5))
    write(writer, SERVED)
    create(tmp_path / "other")
    other = Writer(tmp_path / "other")
    add(other, "a", vectors(7))
    write(other, SERVED)
    other.close()
    assert sorted(len(kept) for kept in SERVERS.values()) == [5, 7]
    assert all(name.startswith("mmrag_") for name in SERVERS)


def test_a_collection_that_is_shared_is_refused(writer: Writer, tmp_path: Path) -> None:
    shared = SERVED.replace("{space}", "all")
    add(writer, "a", vectors(50))
    write(writer, shared)
    SERVERS["all"]["another"] = vectors(1)[0].tolist()
    with writer.snapshot(), pytest.raises(ModelError, match="holds 'another', which is not of fake: give"):
        load_spaces(writer)["fake"].search(np.array(SERVERS["all"]["another"], np.float32), 3)


def test_a_store_that_renames_its_nodes_is_refused(writer: Writer) -> None:
    add(writer, "a", vectors(50))
    write(writer, f"{SERVED}&renames=true")
    with pytest.raises(ModelError, match="a store that keeps the ids of nodes"):
        load(writer, f"{SERVED}&renames=true")


def test_a_store_that_was_emptied_is_noticed(writer: Writer, caplog: pytest.LogCaptureFixture) -> None:
    add(writer, "a", vectors(50))
    write(writer, SERVED)
    SERVERS.clear()
    same(writer, SERVED)
    assert "the vector store of fake is empty" in caplog.text
    write(writer, SERVED)
    assert [len(kept) for kept in SERVERS.values()] == [50]


def test_a_damaged_or_foreign_file_is_read_from_the_truth(
    writer: Writer, caplog: pytest.LogCaptureFixture
) -> None:
    add(writer, "a", vectors(50))
    write(writer, "")
    same(writer, SIMPLE)
    assert "does not hold what a vector store holds (another kind of file)" in caplog.text
    write(writer, SIMPLE)
    same(writer, SERVED)
    assert "(it is of llama_index.core" in caplog.text
    for file in (writer.path / "vectors").glob("*.rows"):
        file.write_bytes(file.read_bytes()[:-20])
    same(writer, SIMPLE)
    assert "is damaged" in caplog.text


def test_a_store_that_is_down_is_said_so(writer: Writer) -> None:
    add(writer, "a", vectors(5))
    with pytest.raises(ModelError, match="ServedStore.*failed: ConnectionError: no route to the store"):
        write(writer, f"{SERVED}&down=true")


def test_a_recipe_refuses_other_stores() -> None:
    with pytest.raises(RecipeError, match="vector_store: wants one of LlamaIndex"):
        mmrag.Recipe(vector_store="faiss")


def test_an_index_is_searched_alike_whatever_keeps_its_vectors(built: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, vector_store=SIMPLE)
    with (
        mmrag.open(built) as flat,
        mmrag.build(built.parent / "docs", tmp_path / "index", pipeline=recipe) as index,
    ):
        for question in ("lake at noon", "zebra stripes"):
            for hit, expected in zip(index.search(question), flat.search(question), strict=True):
                assert (hit.elements, hit.snippet) == (expected.elements, expected.snippet)
                assert hit.score == pytest.approx(expected.score, abs=1e-5)
        assert index.remove("a.md")[0].path == "a.md"
        assert {hit.document.path for hit in index.search("zebra stripes")} == {
            hit.document.path for hit in flat.search("zebra stripes")
        } - {"a.md"}
