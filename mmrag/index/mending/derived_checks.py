"""Whether vector files hold what the database would write into them; see `mmrag.index.mending.checks`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mmrag.index.built_by import built_by
from mmrag.index.derived_file import read_derived_file
from mmrag.index.mending.checks import Finding
from mmrag.index.reader import DERIVED_AT, Reader
from mmrag.index.store import Store
from mmrag.index.vectors.ann import Ann

_BATCH = 4096
_NEAR = 0.005
"""How far a number may be from the database's: cells of an approximate index keep float16."""


def unequal_files(store: Reader) -> Iterator[Finding]:
    """Files whose checksums are right and whose vectors are not those of the database.

    What a vector store of LlamaIndex keeps elsewhere is not looked at. Every vector is read. Files are
    written at the end of a run: while one is under way, or after one was killed, they lack what it has
    committed and hold what it has removed, as readers know. Then too what both have must be equal.
    """
    recipe = built_by(store)
    rows = store.connection.execute("SELECT row, name, dim, paged FROM spaces ORDER BY row").fetchall()
    with store.snapshot():
        behind = store.get(DERIVED_AT) != store.state_mark()
        for row, name, dim, paged in rows:
            if paged:
                fits = _pages_fit(store, row, name, dim, behind=behind)
            else:
                fits = bool(recipe.vector_store) or _chunks_fit(store, row, name, dim, behind=behind)
            if not fits:
                query = "SELECT file FROM derived WHERE space = ?"
                (file,) = store.connection.execute(query, (row,)).fetchone()
                yield Finding(file, f"does not hold the vectors that the database has of {name}")


def _chunks_fit(store: Store, row: int, name: str, dim: int, *, behind: bool) -> bool:
    ann = read_derived_file(store, row, name, Ann.read)
    if ann is None:
        return True  # said already
    chunks = store.connection.execute(
        "SELECT chunks.row, vectors.vector FROM chunks JOIN vectors ON vectors.row = chunks.vector"
        " WHERE space = ? ORDER BY chunks.row",
        (row,),
    )
    held, seen = ann.rows, 0
    while batch := chunks.fetchmany(_BATCH):
        rows = np.array([chunk for chunk, _ in batch], np.int64)
        vectors = np.frombuffer(b"".join(blob for _, blob in batch), "<f4").reshape(-1, dim)
        there = np.isin(rows, held)
        if not behind and not there.all():
            return False
        rows, vectors = rows[there], vectors[there]
        if not np.allclose(ann.vectors(rows), vectors, rtol=0, atol=_NEAR):
            return False
        seen += len(rows)
    return behind or seen == len(held)


def _pages_fit(store: Store, row: int, name: str, dim: int, *, behind: bool) -> bool:
    from mmrag.index.multivector.file import read_packed
    from mmrag.index.multivector.packed import pack
    from mmrag.index.multivector.truth import page_rows, page_vectors

    found = read_derived_file(store, row, name, read_packed)
    if found is None:
        return True
    packed = found[0]["pages"]
    known = page_rows(store.connection, row)
    if not behind and not np.array_equal(np.sort(packed.pages), known):
        return False
    place = {page: position for position, page in enumerate(packed.pages.tolist())}
    both = packed.pages[np.isin(packed.pages, known)]
    for page, vectors in page_vectors(store.connection, row, dim, both):
        anew = pack(np.array([page]), [vectors], dim, packed.precision)
        if not np.array_equal(anew.vectors(0), packed.vectors(place[page])):
            return False
    return True
