"""The derived files of an index: one for each space, named and checksummed by the truth."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

from mmrag.config import VisualOptions, resolve
from mmrag.index.derived_file import FOLDER
from mmrag.index.store import Store
from mmrag.index.vectors.space import VectorSpace
from mmrag.index.writer import Writer

if TYPE_CHECKING:
    from mmrag.index.multivector.space import PageSpace


_STORES = {"llama-index:*": "mmrag.llama_index.vector_stores:StoreSpaces"}


class Loader(Protocol):
    """What makes spaces: `VectorSpace` itself, or a vector store."""

    def load(self, store: Store, row: int, name: str, dim: int) -> VectorSpace:
        """See `VectorSpace.load`."""
        ...


def load_spaces(store: Store, names: Collection[str] | None = None) -> dict[str, VectorSpace]:
    """Spaces of chunks by name, those given or all. Call inside ``with store.snapshot():``."""
    # Not as the recipe says that the index is asked by: what keeps its vectors is part of the index.
    spec = store.get("recipe", {}).get("vector_store", "")
    kind: Loader = resolve(spec, _STORES, "vector store") if spec else VectorSpace
    return {name: kind.load(store, row, name, dim) for row, name, dim in _rows(store, names, paged=False)}


def load_page_spaces(
    store: Store, options: VisualOptions, names: Collection[str] | None = None
) -> dict[str, PageSpace]:
    """Spaces of pages by name, those given or all. Call inside ``with store.snapshot():``.

    Args:
        store: the index.
        options: precision, and up to where every page is scored.
        names: of the spaces.
    """
    rows = _rows(store, names, paged=True)
    if not rows:
        return {}
    from mmrag.index.multivector.space import PageSpace

    return {
        name: PageSpace.load(store, row, name, dim, options.precision, options.exact_up_to)
        for row, name, dim in rows
    }


def write_derived(writer: Writer, options: VisualOptions) -> None:
    """As `deriving`, with nothing else."""
    with deriving(writer, options):
        pass


@contextmanager
def deriving(writer: Writer, options: VisualOptions) -> Iterator[None]:
    """Write every space's file anew, beside those that are there; end the generation.

    What is done inside belongs to the transaction that names the new files, and with them the generation.
    Then it is sealed, and only then, when nothing leads back to the one before, its files go.

    Args:
        writer: of the index.
        options: how spaces of pages are kept.
    """
    with writer.snapshot():
        written = {space.row: space.write(writer) for space in load_spaces(writer).values()}
        written |= {
            space.row: space.write(writer.path) for space in load_page_spaces(writer, options).values()
        }
    with writer.writing():
        writer.connection.execute("DELETE FROM derived")
        writer.connection.executemany(
            "INSERT INTO derived VALUES (?, ?, ?)",
            [(row, file, checksum) for row, (file, checksum) in written.items()],
        )
        yield
        writer.name_generation()
    writer.seal()
    current = {writer.path / file for file, _ in written.values()}
    for stale in set((writer.path / FOLDER).glob("*")) - current:
        stale.unlink(missing_ok=True)


def derived_is_whole(store: Store) -> bool:
    """Whether the truth names a file for every space, and they are there.

    What is in them is checked when they are loaded: a damaged one costs time and is written anew by
    `mmrag.repair`, so that a run in which nothing has changed reads none.
    """
    rows = store.connection.execute(
        "SELECT file FROM spaces LEFT JOIN derived ON derived.space = spaces.row"
    ).fetchall()
    return all(file is not None and (store.path / file).is_file() for (file,) in rows)


def _rows(store: Store, names: Collection[str] | None, *, paged: bool) -> list[tuple[int, str, int]]:
    rows = store.connection.execute(
        "SELECT row, name, dim FROM spaces WHERE paged = ? ORDER BY row", (paged,)
    ).fetchall()
    return [found for found in rows if names is None or found[1] in names]
