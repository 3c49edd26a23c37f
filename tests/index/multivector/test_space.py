"""A space of pages against the definition and against its truth."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from mmrag.index.files import sha256_of
from mmrag.index.multivector.packed import PRECISIONS, payload
from mmrag.index.multivector.space import PageSpace
from mmrag.index.packing import pack_boxes
from mmrag.index.store import Store, create

from .reference import ragged, ranking, reference, unit

DIM = 32
Pages = list[NDArray[np.float16]]


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fresh") / "index"
    create(path)
    return path


@pytest.fixture
def store(tmp_path: Path, fresh: Path) -> Store:
    opened = Store(Path(shutil.copytree(fresh, tmp_path / "index")), writable=True)
    opened.connection.execute("PRAGMA synchronous = OFF")
    with opened.writing():
        opened.connection.execute("INSERT INTO spaces VALUES (1, 'visual/fake', ?, 1, 'f')", (DIM,))
        opened.connection.execute("INSERT INTO spaces VALUES (2, 'visual/other', ?, 1, 'f')", (DIM,))
        opened.connection.execute("INSERT INTO documents VALUES (1, 'd', 'd.pdf', 'x/y', '', 0, 1, '{}')")
    return opened


def add(store: Store, pages: Pages, space: int = 1) -> list[int]:
    """Pages with these vectors, in order; their rows. Vector i stands on a line of its own."""
    rows = []
    with store.writing():
        for vectors in pages:
            rows.append(_page(store.connection))
            heights = np.linspace(0, 0.9, len(vectors)) if len(vectors) else np.empty(0)
            boxes = np.array([[0.1, top, 0.9, top + 0.05] for top in heights], np.float32).reshape(-1, 4)
            store.connection.execute(
                "INSERT INTO page_vectors VALUES (?, ?, 1, ?, ?, ?)",
                (rows[-1], space, len(vectors), vectors.astype("<f2").tobytes(), pack_boxes(boxes)),
            )
    return rows


def _page(connection: sqlite3.Connection) -> int:
    number = connection.execute("SELECT count(*) FROM pages").fetchone()[0] + 1
    while connection.execute("SELECT 1 FROM pages WHERE number = ?", (number,)).fetchone():
        number += 1
    cursor = connection.execute(
        "INSERT INTO pages (document, number, rotation, label, lines) VALUES (1, ?, 0, '', x'')", (number,)
    )
    return int(cursor.lastrowid or 0)


def remove(store: Store, rows: list[int]) -> None:
    with store.writing():
        store.connection.executemany("DELETE FROM pages WHERE row = ?", [(row,) for row in rows])


def load(store: Store, precision: str = "float16", exact_up_to: int = 20_000_000) -> PageSpace:
    with store.snapshot():
        return PageSpace.load(store, 1, "visual/fake", DIM, precision, exact_up_to)


def refresh(store: Store, space: PageSpace) -> None:
    with store.snapshot():
        space.refresh(store)


def keep(store: Store, space: PageSpace) -> Path:
    """Write the derived file and name it in the database."""
    file, checksum = space.write(store.path)
    with store.writing():
        store.connection.execute("DELETE FROM derived")
        store.connection.execute("INSERT INTO derived VALUES (1, ?, ?)", (file, checksum))
    return store.path / file


def assert_equal_to_definition(
    space: PageSpace, rows: list[int], pages: Pages, rng: np.random.Generator
) -> None:
    for m in (1, 7):
        query = unit(rng.normal(size=(m, DIM)))
        expected = reference(query, pages)
        found, scores = space.search(query, 10)
        order = ranking(expected, 10)
        assert found.tolist() == [rows[at] for at in order]
        np.testing.assert_allclose(scores, expected[order], atol=1e-5)
        np.testing.assert_allclose(space.score(query, np.array(rows)), expected, atol=1e-5)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_search_and_score_equal_the_definition(store: Store, precision: str) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 200, DIM)
    rows = add(store, pages)
    add(store, ragged(rng, 20, DIM), space=2)
    assert_equal_to_definition(load(store, precision), rows, pages, rng)


def test_signs_find_most_and_score_exactly(store: Store) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 200, DIM, least=20)
    rows = np.array(add(store, pages))
    space = load(store, "bit")
    shares = []
    for query in unit(rng.normal(size=(20, 7, DIM))):
        expected = reference(query, pages)
        found, scores = space.search(query, 10)
        np.testing.assert_allclose(scores, expected[np.searchsorted(rows, found)], atol=1e-5)
        shares.append(len(set(found.tolist()) & {int(rows[at]) for at in ranking(expected, 10)}) / 10)
    assert np.mean(shares) >= 0.85


@pytest.mark.parametrize("precision", PRECISIONS)
def test_only_allowed_pages_are_found(store: Store, precision: str) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 80, DIM, least=1)
    rows = np.array(add(store, pages))
    space = load(store, precision)
    query = unit(rng.normal(size=(5, DIM)))
    at = np.sort(rng.choice(80, 12, replace=False))
    found, scores = space.search(query, 50, np.append(rows[at], 10_000))
    expected = reference(query, [pages[position] for position in at])
    order = ranking(expected, 50)
    assert found.tolist() == rows[at][order].tolist()
    np.testing.assert_allclose(scores, expected[order], atol=1e-5)
    assert space.search(query, 5, np.empty(0, np.int64))[0].tolist() == []


@pytest.mark.parametrize("precision", PRECISIONS)
def test_spaces_of_no_page_and_of_one(store: Store, precision: str) -> None:
    query = np.eye(DIM, dtype=np.float32)[:3]
    space = load(store, precision)
    assert [part.tolist() for part in space.search(query, 5)] == [[], []]
    assert space.score(query, np.array([1])).tolist() == [-np.inf]
    file = keep(store, space)
    assert file.is_file()
    rows = add(store, [np.empty((0, DIM), np.float16)])
    refresh(store, space)
    assert space.search(query, 5)[0].tolist() == []
    rows += add(store, [np.eye(DIM, dtype=np.float16)[:2]])
    refresh(store, space)
    found, scores = space.search(query, 5)
    assert (found.tolist(), scores.tolist()) == (rows[1:], [pytest.approx(2.0)])
    assert space.search(query, 0)[0].tolist() == []


def test_a_space_that_grows_large_is_kept_in_fewer_bits(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mmrag.index.multivector.space._SMALL", 100 * DIM)
    rng = np.random.default_rng()
    pages = ragged(rng, 2, DIM, most=50, least=50)
    rows = add(store, pages)
    small = load(store, "auto")
    assert small.precision == "float16"
    file = keep(store, small)
    more = ragged(rng, 1, DIM, least=1)
    rows, pages = rows + add(store, more), pages + more
    refresh(store, small)
    assert_equal_to_definition(small, rows, pages, rng)
    large = load(store, "auto")
    assert large.precision == "int8"
    assert_equal_to_definition(large, rows, pages, rng)
    assert keep(store, large).stat().st_size < file.stat().st_size


@pytest.mark.parametrize("precision", PRECISIONS)
def test_equal_pages_stand_in_the_order_of_their_rows(store: Store, precision: str) -> None:
    page = unit(np.random.default_rng().normal(size=(4, DIM))).astype(np.float16)
    rows = add(store, [page] * 30)
    found, scores = load(store, precision).search(page[:2].astype(np.float32), 7)
    assert found.tolist() == rows[:7]
    assert len(set(scores.tolist())) == 1


def test_refresh_follows_added_and_removed_pages(store: Store) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 40, DIM, least=1)
    rows = add(store, pages)
    keep(store, load(store))
    space = load(store)
    more = ragged(rng, 15, DIM, least=1)
    rows, pages = rows + add(store, more), pages + more
    remove(store, rows[:10] + rows[42:45])
    left = [*range(10, 42), *range(45, 55)]
    refresh(store, space)
    rows, pages = [rows[at] for at in left], [pages[at] for at in left]
    assert space.pages.tolist() == rows
    assert space.vectors == sum(len(page) for page in pages)
    assert_equal_to_definition(space, rows, pages, rng)
    keep(store, space)
    assert_equal_to_definition(load(store), rows, pages, rng)
    remove(store, rows)
    refresh(store, space)
    assert space.search(unit(rng.normal(size=(2, DIM))), 5)[0].tolist() == []


@pytest.mark.parametrize("precision", PRECISIONS)
def test_a_file_gives_back_what_was_written(store: Store, precision: str) -> None:
    rng = np.random.default_rng()
    add(store, ragged(rng, 60, DIM))
    space = load(store, precision)
    keep(store, space)
    again = load(store, precision)
    query = unit(rng.normal(size=(5, DIM)))
    for one, other in zip(space.search(query, 20), again.search(query, 20), strict=True):
        assert one.tolist() == other.tolist()
    assert space.write(store.path) == again.write(store.path)


@pytest.mark.parametrize("harm", ["cut", "flipped", "emptied", "gone", "other"])
def test_a_harmed_file_is_not_used(store: Store, harm: str, caplog: pytest.LogCaptureFixture) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 30, DIM, least=1)
    rows = add(store, pages)
    file = keep(store, load(store))
    data = bytearray(file.read_bytes())
    if harm == "gone":
        file.unlink()
    elif harm == "other":
        file.write_bytes(data)
        keep_bytes(store, file, b"another kind of file")
    else:
        data[len(data) // 2] ^= 0xFF
        file.write_bytes({"cut": data[:-5], "flipped": data, "emptied": b""}[harm])
    assert_equal_to_definition(load(store), rows, pages, rng)
    assert caplog.records


def keep_bytes(store: Store, file: Path, data: bytes) -> None:
    """A file whose checksum holds and whose content does not."""
    import hashlib

    file.write_bytes(data)
    with store.writing():
        store.connection.execute("UPDATE derived SET sha256 = ?", (hashlib.sha256(data).hexdigest(),))


def test_a_file_of_another_precision_is_not_used(store: Store) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 30, DIM, least=1)
    rows = add(store, pages)
    keep(store, load(store, "bit"))
    assert_equal_to_definition(load(store, "float32"), rows, pages, rng)


@pytest.mark.parametrize("precision", PRECISIONS)
@pytest.mark.parametrize("count", [50, 1030])
@pytest.mark.parametrize("exact_up_to", [10**9, 0])
def test_files_are_hardly_larger_than_their_vectors(
    store: Store, precision: str, count: int, exact_up_to: int
) -> None:
    dim, pages = 128, 20_000 // count
    with store.writing():
        store.connection.execute("INSERT INTO spaces VALUES (3, 'visual/wide', ?, 1, 'f')", (dim,))
    add(store, [unit(np.random.default_rng().normal(size=(count, dim))).astype(np.float16)] * pages, space=3)
    with store.snapshot():
        space = PageSpace.load(store, 3, "visual/wide", dim, precision, exact_up_to)
    assert space.two_stages == (exact_up_to == 0 and precision != "bit")
    file, _ = space.write(store.path)
    assert (store.path / file).stat().st_size <= 1.05 * payload(pages * count, dim, precision)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_many_small_refreshes_make_few_segments(store: Store, precision: str) -> None:
    rng = np.random.default_rng()
    pages, rows = ragged(rng, 10, DIM), []
    rows += add(store, pages)
    space = load(store, precision)
    for step in range(40):
        more = ragged(rng, 2, DIM)
        pages, rows = pages + more, rows + add(store, more)
        if step % 10 == 5:
            gone = int(rng.integers(len(rows)))
            remove(store, [rows.pop(gone)])
            pages.pop(gone)
        refresh(store, space)
    assert len(space._segments) < 10
    assert_equal_to_definition(space, rows, pages, rng)


@pytest.mark.parametrize("precision", ["float32", "float16", "int8"])
def test_beyond_a_size_a_shortlist_chooses_and_scores_stay_exact(store: Store, precision: str) -> None:
    rng = np.random.default_rng(3)
    pages = themed(rng, 700)
    rows = np.array(add(store, pages))
    space = load(store, precision, exact_up_to=1000)
    assert space.two_stages
    file = keep(store, space)
    assert space.recall is not None
    assert space.recall > 0.9
    again = load(store, precision, exact_up_to=1000)
    assert again.recall == space.recall
    query = unit(pages[5][:6].astype(np.float32) + 0.1 * rng.normal(size=(6, DIM)))
    expected = reference(query, pages)
    for one in (space, again):
        found, scores = one.search(query, 10)
        assert found[0] == rows[5]
        np.testing.assert_allclose(scores, expected[np.searchsorted(rows, found)], atol=1e-5)
        few = rows[100:200]
        order = ranking(expected[100:200], 10)
        assert one.search(query, 10, few)[0].tolist() == few[order].tolist()
    assert file.stat().st_size > keep(store, load(store, precision)).stat().st_size
    assert load(store, precision).recall is None


def themed(rng: np.random.Generator, count: int) -> Pages:
    """Pages about a few things each, said many times over."""
    things = unit(rng.normal(size=(2000, DIM)))
    chosen = [np.repeat(rng.choice(2000, 6), 10) for _ in range(count)]
    noise = 0.05
    return [unit(things[one] + noise * rng.normal(size=(60, DIM))).astype(np.float16) for one in chosen]


def test_recall_is_against_exact_scores(store: Store) -> None:
    rng = np.random.default_rng(4)
    add(store, ragged(rng, 300, DIM, least=20))
    space = load(store, "bit")
    assert space.measure_recall() == 1.0  # all pages are scored again: only signs would say otherwise


def test_a_file_that_is_replaced_while_it_is_read_is_not_used(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rng = np.random.default_rng()
    pages = ragged(rng, 30, DIM, least=1)
    rows = add(store, pages)
    file = keep(store, load(store))
    checksum = file.stem

    def checked_and_gone(path: Path) -> str:
        whole = sha256_of(path)
        assert whole.startswith(checksum)
        path.unlink()
        return whole

    monkeypatch.setattr("mmrag.index.derived_file.sha256_of", checked_and_gone)
    assert_equal_to_definition(load(store), rows, pages, rng)
    assert caplog.records


def test_signs_need_no_shortlist(store: Store) -> None:
    add(store, ragged(np.random.default_rng(), 30, DIM, least=1))
    space = load(store, "bit", exact_up_to=10)
    assert not space.two_stages
    keep(store, space)
    assert space.recall is None


def test_where_a_query_matches_on_a_page(store: Store) -> None:
    page, empty = add(store, [np.eye(DIM, dtype=np.float16)[:3], np.empty((0, DIM), np.float16)])
    space = load(store)
    query = np.eye(DIM, dtype=np.float32)[[2, 0]]
    found = space.similarity(store, page, query)
    assert found.near.tolist() == [[0, 0, 1], [1, 0, 0]]
    np.testing.assert_allclose(found.boxes[:, 1], [0, 0.45, 0.9], atol=1e-4)
    for silent in (empty, 999):
        nothing = space.similarity(store, silent, query)
        assert (nothing.near.shape, nothing.boxes.shape) == ((2, 0), (0, 4))


def test_products_are_those_of_the_definition(store: Store) -> None:
    rng = np.random.default_rng()
    query, vectors = unit(rng.normal(size=(5, DIM))), rng.normal(size=(40, DIM)).astype(np.float16)
    found = load(store).products(query, vectors)
    np.testing.assert_allclose(found, vectors.astype(np.float32) @ query.T, atol=1e-5)
