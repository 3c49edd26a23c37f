"""Packed arrays in files: what goes in comes out, and nothing else is taken for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmrag.errors import CorruptError
from mmrag.index.multivector.file import read_packed, write_packed
from mmrag.index.multivector.packed import PRECISIONS, Joined, pack

from .reference import ragged


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    counts=st.lists(st.lists(st.integers(0, 40), max_size=8), min_size=1, max_size=3),
    precision=st.sampled_from(PRECISIONS),
    dim=st.sampled_from([3, 8, 17]),
)
def test_parts_are_joined_in_the_order_of_their_rows(
    tmp_path_factory: pytest.TempPathFactory, seed: int, counts: list[list[int]], precision: str, dim: int
) -> None:
    rng = np.random.default_rng(seed)
    total = sum(len(part) for part in counts)
    rows = rng.permutation(10 * total)[:total]
    kept, parts, begin = {}, [], 0
    for part in counts:
        vectors = [rng.normal(size=(count, dim)).astype(np.float16) for count in part]
        pages = np.sort(rows[begin : begin + len(part)]).astype(np.int64)
        packed = pack(pages, vectors, dim, precision)
        at = np.flatnonzero(rng.random(len(part)) < 0.7)
        parts.append((packed, at))
        kept |= {int(pages[position]): packed.vectors(int(position)) for position in at}
        begin += len(part)
    path = tmp_path_factory.mktemp("file") / "pages"
    write_packed(path, {"pages": parts, "again": parts[:1]}, {"recall": 0.5})
    arrays, notes = read_packed(path)
    assert notes == {"recall": 0.5}
    assert set(arrays) == {"pages", "again"}
    for found in (arrays["pages"], Joined(parts).packed()):
        assert found.pages.tolist() == sorted(kept)
        for position, page in enumerate(found.pages.tolist()):
            assert found.vectors(position).tolist() == kept[page].tolist()
    # A map keeps its folder's file open on some systems.
    del arrays, found


def test_a_page_comes_back_as_its_precision_tells() -> None:
    page = ragged(np.random.default_rng(), 1, 64, most=9, least=9)
    for precision, tolerance in (("float32", 0), ("float16", 0), ("int8", 3e-3)):
        packed = pack(np.array([1]), page, 64, precision)
        np.testing.assert_allclose(packed.vectors(0), page[0], atol=tolerance)
    signs = pack(np.array([1]), page, 64, "bit").vectors(0)
    np.testing.assert_array_equal(signs, np.where(page[0] > 0, 0.125, -0.125))


@pytest.mark.parametrize("end", [0, 4, 10, 30, 200, -1])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, end: int) -> None:
    path = tmp_path / "pages"
    packed = pack(np.arange(3), ragged(np.random.default_rng(), 3, 8, least=1), 8, "int8")
    write_packed(path, {"pages": [(packed, np.arange(3))]}, {})
    path.write_bytes(path.read_bytes()[:end])
    with pytest.raises(CorruptError, match="does not hold page vectors"):
        read_packed(path)


def test_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pages"
    packed = pack(np.arange(1), ragged(np.random.default_rng(), 1, 8), 8, "bit")
    write_packed(path, {"pages": [(packed, np.arange(1))]}, {})
    path.write_bytes(path.read_bytes().replace(b'"version":2', b'"version":3', 1))
    with pytest.raises(CorruptError, match="version 3"):
        read_packed(path)
