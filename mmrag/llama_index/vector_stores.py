"""``llama-index:`` as a vector store: a space of vectors that is searched by one of LlamaIndex's stores.

SQLite stays the truth. The store is derived from it, as a FAISS file would be: a writer adds and deletes,
readers only ask. What a writer has committed since is searched in memory beside it, and what the store finds
is scored anew with the vectors of the truth, so that an exact store finds just what the flat index does.
"""

from __future__ import annotations

import json
import logging
import secrets
import struct
import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from mmrag.errors import CorruptError, ModelError
from mmrag.index.derived_file import read_derived_file, write_derived_file
from mmrag.index.store import Store
from mmrag.index.vectors.space import Rows, Scores, VectorSpace
from mmrag.llama_index.part import Part

Matrix = NDArray[np.float32]

_BASE = "llama_index.core.vector_stores.types:BasePydanticVectorStore"
_MAGIC = b"mmragsto"
_FEW = 4096  # rows that are scored one by one rather than looked for in a store
_BATCH = 512
_WIDER = 4  # times as many are asked for where filters leave too few

_log = logging.getLogger(__name__)


class StoreSpaces:
    """Makes the spaces of an index.

    Args:
        name: ``package.module:Class?key=value``, see `mmrag.llama_index.part.Part`. ``{space}`` in it stands
            for a name of each space's own, by which a server keeps them apart.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def load(self, store: Store, row: int, name: str, dim: int) -> VectorSpace:
        """See `mmrag.index.vectors.space.VectorSpace.load`."""
        space = StoreSpace(row, name, dim, self._name)
        space.open(store)
        return space


class StoreSpace(VectorSpace):
    """One space in a vector store; see `mmrag.index.vectors.space.VectorSpace`.

    A node's id is a UUID: the key of this build of the space, then the row of the chunk.

    Args:
        row, name, dim: of the space.
        spec: name of the store's class, see `StoreSpaces`.
    """

    def __init__(self, row: int, name: str, dim: int, spec: str) -> None:
        super().__init__(row, name, dim)
        self._spec = spec
        self._key = secrets.randbits(64)
        self._saved = b""
        self._held: Rows = np.empty(0, np.int64)
        self._fresh: Rows = np.empty(0, np.int64)
        self._fresh_vectors: Matrix = np.empty((0, dim), np.float32)
        self._store: Store

    def open(self, store: Store) -> None:
        """Take up what the derived file says, and the truth for the rest."""
        found = read_derived_file(store, self.row, self.name, self._read)
        if found is not None:
            self._key, self._held, self._saved = found
        self.refresh(store)
        if len(self._held) and not self._answers():
            _log.warning("the vector store of %s is empty: its vectors are read from their truth", self.name)
            self._held = self._held[:0]
            self.refresh(store)

    def refresh(self, store: Store) -> None:
        """See `VectorSpace.refresh`."""
        self._store = store
        self._follow(store)
        fresh = np.setdiff1d(self.places.chunks, self._held)
        if not np.array_equal(fresh, self._fresh):
            parts = [vectors for _, vectors in self._truth(store.connection, fresh)]
            self._fresh = fresh
            self._fresh_vectors = np.concatenate([np.empty((0, self.dim), np.float32), *parts])

    def search(self, query: Matrix, k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """See `VectorSpace.search`.

        Raises:
            ModelError: if the store fails, or holds what is not of this space.
        """
        wanted = self.places.chunks if allowed is None else np.intersect1d(allowed, self.places.chunks)
        stored, is_fresh = np.intersect1d(wanted, self._held), np.isin(self._fresh, wanted)
        if k <= 0 or not len(wanted):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        few = allowed is not None and len(stored) <= _FEW
        found = stored if few or k >= len(stored) else self._found(query, k, stored)
        rows = np.concatenate([found, self._fresh[is_fresh]])
        near = np.concatenate([self.score(query, found), self._fresh_vectors[is_fresh] @ query])
        order = np.lexsort((rows, -near))[:k]
        return rows[order], near[order]

    def nearest(self, query: Matrix, k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """As `search`."""
        return self.search(query, k, allowed)

    def score(self, query: Matrix, chunks: Rows) -> Scores:
        """See `VectorSpace.score`; with the vectors of the truth."""
        if len(chunks) == 0:
            return np.empty(0, np.float32)
        scores: Scores = np.einsum("ij,j->i", self._vectors(chunks), query)
        return scores

    def write(self, store: Store) -> tuple[str, str]:
        """Bring the store up to date, and write down what it holds; see `VectorSpace.write`.

        Raises:
            ModelError: if the store fails.
        """
        with self._part.running():
            gone = np.setdiff1d(self._held, self.places.chunks)
            kept = self._held if not self._delete(gone) else np.setdiff1d(self._held, gone)
            self._add()
            self._held = np.union1d(kept, self._fresh)
            self._fresh, self._fresh_vectors = self._fresh[:0], self._fresh_vectors[:0]
            saved = self._save()
        return write_derived_file(store.path, self.name, ".rows", lambda path: self._write(path, saved))

    @cached_property
    def _part(self) -> Part:
        return Part(
            self._spec.replace("{space}", f"mmrag_{self._key:016x}_{self.row}"), _BASE, "vector store"
        )

    @cached_property
    def _client(self) -> Any:
        if not self._saved:
            return self._part.made
        with tempfile.TemporaryDirectory(prefix="mmrag-") as folder:
            file = Path(folder, "store")
            file.write_bytes(self._saved)
            self._saved = b""
            return self._part.kind.from_persist_path(str(file))

    def _answers(self) -> bool:
        known = np.intersect1d(self._held, self.places.chunks)[:1]
        return not len(known) or len(self._ask(self._vectors(known)[0], 1)) > 0

    def _found(self, query: Matrix, k: int, stored: Rows) -> Rows:
        """The best of the ``stored`` rows: more are asked for until enough of them are among the answers."""
        asked = min(k, len(self._held))
        while True:
            rows = np.intersect1d(self._ask(query, asked), stored)
            if len(rows) >= k or asked >= len(self._held):
                return rows
            asked = min(asked * _WIDER, len(self._held))

    def _ask(self, query: Matrix, k: int) -> Rows:
        from llama_index.core.vector_stores.types import VectorStoreQuery

        with self._part.running():
            wanted = VectorStoreQuery(query_embedding=query.tolist(), similarity_top_k=k)
            result = self._client.query(wanted)
            ids = result.ids if result.ids is not None else [node.node_id for node in result.nodes or ()]
        return np.array([self._row_of(found) for found in ids], np.int64)

    def _id_of(self, row: int) -> str:
        return str(UUID(int=(self._key << 64) | row))

    def _row_of(self, found: Any) -> int:
        try:
            number = UUID(str(found)).int
        except ValueError:
            number = -1
        if number >> 64 != self._key:
            raise ModelError(
                f"{self._part.spec} holds {found!r}, which is not of {self.name}: give each space a "
                "collection of its own, with {space} in its name, and a store that keeps the ids of nodes"
            )
        return number & ((1 << 64) - 1)

    def _vectors(self, rows: Rows) -> Matrix:
        """``(len(rows), dim)``: of these chunks, from the truth."""
        sought = np.unique(rows)
        blobs = self._store.connection.execute(
            "SELECT vectors.vector FROM json_each(?) JOIN chunks ON chunks.row = json_each.value"
            " JOIN vectors ON vectors.row = chunks.vector ORDER BY chunks.row",
            (json.dumps(sought.tolist()),),
        )
        found = np.frombuffer(b"".join(blob for (blob,) in blobs), "<f4").reshape(-1, self.dim)
        vectors: Matrix = found[np.searchsorted(sought, rows)]
        return vectors

    def _add(self) -> None:
        for start in range(0, len(self._fresh), _BATCH):
            rows = self._fresh[start : start + _BATCH].tolist()
            self._client.add(self._nodes(rows, self._fresh_vectors[start : start + _BATCH]))

    def _nodes(self, rows: Sequence[int], vectors: Matrix) -> list[Any]:
        from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

        ids = [self._id_of(row) for row in rows]
        # Each is of a document of its own: all stores delete by document, few by node.
        return [
            TextNode(
                id_=name,
                embedding=vector.tolist(),
                relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=name)},
            )
            for name, vector in zip(ids, vectors, strict=True)
        ]

    def _delete(self, rows: Rows) -> bool:
        """Whether the store can delete; one that can't keeps them, and they are passed over."""
        ids = [self._id_of(row) for row in rows.tolist()]
        try:
            try:
                if ids:
                    self._client.delete_nodes(ids)
            except NotImplementedError:
                for name in ids:
                    self._client.delete(name)
        except NotImplementedError:
            return False
        return True

    def _save(self) -> bytes:
        """What the store writes into a file, if it is one that lives in a file."""
        if not hasattr(self._part.kind, "from_persist_path"):
            return b""
        with tempfile.TemporaryDirectory(prefix="mmrag-") as folder:
            file = Path(folder, "store")
            self._client.persist(str(file))
            return file.read_bytes() if file.is_file() else b""

    def _write(self, path: Path, saved: bytes) -> None:
        head = json.dumps({"spec": self._spec, "key": self._key, "rows": len(self._held)}).encode()
        size = struct.pack("<I", len(head))
        path.write_bytes(_MAGIC + size + head + self._held.astype("<i8").tobytes() + saved)

    def _read(self, path: Path) -> tuple[int, Rows, bytes]:
        data = path.read_bytes()
        try:
            if not data.startswith(_MAGIC):
                raise ValueError("another kind of file")
            begin = len(_MAGIC) + 4
            (length,) = struct.unpack("<I", data[len(_MAGIC) : begin])
            head = json.loads(data[begin : begin + length])
            if head["spec"] != self._spec:
                raise ValueError(f"it is of {head['spec']}")
            end = begin + length + 8 * head["rows"]
            held = np.frombuffer(data[begin + length : end], "<i8").astype(np.int64)
            return int(head["key"]), held, data[end:]
        except (ValueError, KeyError, struct.error) as error:
            raise CorruptError(f"{path} does not hold what a vector store holds ({error})") from error
