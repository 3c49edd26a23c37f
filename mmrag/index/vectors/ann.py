"""The FAISS index that fits a space: exact while it can be, then cells.

- ``flat``: every vector is compared; exact, any vector can be removed.
- ``ivf``: an inverted file of cells (Jégou, Douze & Schmid 2011) with float16 vectors.
- ``hnsw``: a navigable small-world graph (Malkov & Yashunin 2018) over the whole vectors, built only where it
  is asked for. Nothing can be taken out of the graph: rows that are gone are passed over until it is rebuilt.

Scores are inner products with the vectors as kept. What an approximate index misses is measured when it is
built and kept with it.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmrag.errors import CorruptError
from mmrag.index.vectors.faiss_search import faiss, search_parameters, selector, set_depth

Rows = NDArray[np.int64]
Matrix = NDArray[np.float32]
Scores = NDArray[np.float32]

FLAT_NUMBERS = 20_000_000
"""Numbers (vectors × dimension) up to which ``flat`` is used."""
RECALL = 0.99
_LINKS = 32
_SAMPLE, _TOP = 64, 10
_MAGIC = b"mmragann"
_MOST_GPU_RESULTS = 2048


def choose(count: int, dim: int) -> str:
    """Which kind of index serves so many vectors of this dimension best.

    The rule, by the figures of benchmarks/ann.py: ``flat`` while a search takes no more than a few
    milliseconds, about as long as a question takes to become a vector, since it alone misses nothing. Then
    ``ivf``: a list asks for more than a thousand chunks, and for so many a graph takes longer than cells, in
    more than twice the memory, with a longer build, and finds no more on real questions.
    """
    return "flat" if count * dim <= FLAT_NUMBERS else "ivf"


class Ann:
    """Vectors under row numbers, searched by inner product.

    Attributes:
        kind: ``flat``, ``ivf`` or ``hnsw``.
        dim: numbers a vector.
        recall: share of the ten nearest that a search finds, measured at build; 1 for ``flat``.
        built: vectors that it was built of, and its depth and its cells were chosen for.
    """

    def __init__(self, kind: str, dim: int, index: Any, recall: float = 1.0, built: int = 0) -> None:
        self.kind = kind
        self.dim = dim
        self.recall = recall
        self.built = built
        self._index = index
        self._gone: Rows = np.empty(0, np.int64)
        self._on_gpu: Any = None

    @classmethod
    def build(cls, vectors: Matrix, rows: Rows, kind: str | None = None) -> Ann:
        """An index of ``(n, dim)`` vectors of unit length under ``(n,)`` distinct rows.

        Args:
            vectors, rows: what it holds.
            kind: instead of what `choose` says.
        """
        count, dim = vectors.shape
        kind = kind or choose(count, dim)
        ann = cls(kind, dim, _empty(kind, vectors), built=count)
        ann.add(vectors, rows)
        if kind != "flat" and count:
            ann._tune(vectors, rows)
        return ann

    @property
    def rows(self) -> Rows:
        """``(n,)`` int64, ascending: the rows that can be found."""
        if self.kind == "ivf":
            lists = self._index.invlists
            held = [_ids(lists, cell) for cell in range(lists.nlist)]
            return np.sort(np.concatenate([np.empty(0, np.int64), *held]))
        return np.setdiff1d(faiss().vector_to_array(self._index.id_map), self._gone)

    def add(self, vectors: Matrix, rows: Rows) -> None:
        """Take in more vectors; no row that was ever in before."""
        if len(rows):
            self._index.add_with_ids(np.ascontiguousarray(vectors, np.float32), rows)
            self._on_gpu = None

    def remove(self, rows: Rows) -> None:
        """Rows that are not to be found any more."""
        if self.kind == "hnsw":
            self._gone = np.union1d(self._gone, rows)
        elif len(rows):
            self._index.remove_ids(rows)
            self._on_gpu = None

    @property
    def stale(self) -> bool:
        """Whether so many rows are gone or came, or so little is left, that it should be built anew.

        One that is not exact should, once it holds twice what it was built of: its cells, its depth and its
        recall are those of the smaller one.
        """
        if self.kind == "hnsw" and len(self._gone) * 5 > self._index.ntotal:
            return True
        if self.kind != "flat" and self._index.ntotal >= 2 * max(self.built, 1):
            return True
        return choose(self._index.ntotal - len(self._gone), self.dim) == "flat" != self.kind or (
            self.kind == "flat" and choose(self._index.ntotal, self.dim) != "flat"
        )

    def search(self, query: Matrix, k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """The ``k`` nearest rows to a ``(dim,)`` query, best first; ties in the order of rows.

        Returns:
            ``(n,)`` rows and ``(n,)`` scores; n is smaller than k where there are fewer.
        """
        return in_order(*self.nearest(query, k, allowed))

    def nearest(self, query: Matrix, k: int, allowed: Rows | None = None) -> tuple[Rows, Scores]:
        """As `search`, but as FAISS gives them: `in_order` takes out what pads them and orders ties."""
        held: int = self._index.ntotal
        k = min(k, held - len(self._gone))
        if k <= 0 or (allowed is not None and len(allowed) == 0):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        index, parameters = self._index, None
        if allowed is not None or self.kind != "flat":
            if allowed is not None and self.kind != "flat" and len(allowed) <= held // 10:
                return self._among(query, k, allowed)
            passing = held - len(self._gone) if allowed is None else len(allowed)
            parameters = search_parameters(index, selector(allowed, self._gone), passing / held, k)
        elif k <= _MOST_GPU_RESULTS:
            index = self._gpu() or index
        scores, rows = index.search(query[None, :], k, params=parameters)
        if self.kind == "hnsw":
            scores = 1 - scores / 2  # inner product of unit vectors, from their squared distance
        return rows[0], scores[0]

    def vectors(self, rows: Rows) -> Matrix:
        """``(n, dim)`` float32: what these rows hold; they must be there."""
        if len(rows) == 0:
            return np.empty((0, self.dim), np.float32)
        if self.kind == "ivf":
            return np.stack([self._index.reconstruct(int(row)) for row in rows])
        found: Matrix = self._index.reconstruct_batch(rows)
        return found

    def write(self, path: Path) -> None:
        """Write a short header, then what FAISS writes; a graph still has the rows that are gone."""
        about = {"kind": self.kind, "dim": self.dim, "recall": self.recall, "built": self.built}
        head = json.dumps(about).encode()
        with path.open("wb") as file:
            file.write(_MAGIC + struct.pack("<I", len(head)) + head)
            writer = faiss().PyCallbackIOWriter(file.write)
            faiss().write_index(self._index, writer)
            del writer

    @classmethod
    def read(cls, path: Path) -> Ann:
        """What `write` has written.

        Raises:
            CorruptError: if the file holds something else, or is cut short.
        """
        try:
            with path.open("rb") as file:
                if file.read(len(_MAGIC)) != _MAGIC:
                    raise ValueError("another kind of file")
                (length,) = struct.unpack("<I", file.read(4))
                head = json.loads(file.read(length))
                index = faiss().read_index(faiss().PyCallbackIOReader(file.read))
            return cls(head["kind"], head["dim"], index, head["recall"], head["built"])
        except (ValueError, KeyError, struct.error, RuntimeError) as error:
            reason = str(error).splitlines()[0]
            raise CorruptError(f"{path} does not hold a vector index ({reason})") from error

    def _among(self, query: Matrix, k: int, allowed: Rows) -> tuple[Rows, Scores]:
        """Exactly, over few rows: a graph that passes over most of what it meets finds too little."""
        rows = np.intersect1d(allowed, self.rows)
        scores: Scores = self.vectors(rows) @ query
        order = np.lexsort((rows, -scores))[:k]
        return rows[order], scores[order]

    def _tune(self, vectors: Matrix, rows: Rows) -> None:
        """Search as deep as `RECALL` needs, measured against exact search."""
        sample = _sample(vectors)
        wanted = [rows[np.argsort(-(vectors @ query), kind="stable")[:_TOP]] for query in sample]
        deepest = self._index.nlist if self.kind == "ivf" else 1024
        depth = 16
        while True:
            set_depth(self._index, min(depth, deepest))
            self.recall = recall(lambda query: self.search(query, _TOP)[0], sample, wanted)
            if self.recall >= RECALL or depth >= deepest:
                return
            depth *= 2

    def _gpu(self) -> Any:
        """A copy of a flat index on the GPU, or None: the same products, summed in another order."""
        if self.kind != "flat" or faiss().get_num_gpus() == 0:
            return None
        if self._on_gpu is None:
            resources = faiss().StandardGpuResources()
            self._on_gpu = (resources, faiss().index_cpu_to_gpu(resources, 0, self._index))
        return self._on_gpu[1]


def recall(search: Callable[[Matrix], Rows], sample: Matrix, wanted: list[Rows]) -> float:
    """Mean share of the ``wanted`` rows of each query of the ``sample`` that ``search`` finds."""
    shares = [
        len(np.intersect1d(search(query), rows)) / len(rows)
        for query, rows in zip(sample, wanted, strict=True)
    ]
    return float(np.mean(shares))


def _empty(kind: str, vectors: Matrix) -> Any:
    library, (count, dim) = faiss(), vectors.shape
    if kind == "flat":
        return library.IndexIDMap2(library.IndexFlatIP(dim))
    if kind == "hnsw":
        # By distance: edges that are chosen by inner product, which is no metric, leave vectors unreachable.
        graph = library.IndexHNSWFlat(dim, _LINKS, library.METRIC_L2)
        graph.hnsw.efConstruction = 80
        return library.IndexIDMap2(graph)
    cells = max(1, min(int(4 * count**0.5), count // 39))
    index = library.index_factory(dim, f"IVF{cells},SQfp16", library.METRIC_INNER_PRODUCT)
    index.cp.max_points_per_centroid = 64
    index.train(vectors)
    index.set_direct_map_type(library.DirectMap.Hashtable)
    return index


def _sample(vectors: Matrix) -> Matrix:
    """Queries near the vectors but unlike them: some, turned by 45 degrees, the same way each time."""
    rng = np.random.default_rng(len(vectors))
    chosen = vectors[rng.choice(len(vectors), min(_SAMPLE, len(vectors)), replace=False)]
    noise = rng.standard_normal(chosen.shape, dtype=np.float32)
    noise -= (noise * chosen).sum(axis=1, keepdims=True) * chosen
    turned = chosen + noise / np.linalg.norm(noise, axis=1, keepdims=True)
    queries: Matrix = turned / np.linalg.norm(turned, axis=1, keepdims=True)
    return queries


def in_order(rows: Rows, scores: Scores) -> tuple[Rows, Scores]:
    """What `Ann.nearest` has found without padding, best first; ties in the order of rows."""
    if len(rows) and rows[-1] < 0:  # FAISS pads a short list with row -1
        rows, scores = rows[rows >= 0], scores[rows >= 0]
    same = (scores[1:] == scores[:-1]).nonzero()[0]
    if len(same):
        # Only these are put in order: sorting all takes several times as long.
        is_tied = np.zeros(len(rows), np.bool_)
        is_tied[same] = is_tied[same + 1] = True
        tied = is_tied.nonzero()[0]
        rows[tied] = rows[tied[np.lexsort((rows[tied], -scores[tied]))]]
    return rows, scores


def _ids(lists: Any, cell: int) -> Rows:
    size = lists.list_size(cell)
    if size == 0:
        return np.empty(0, np.int64)
    ids: Rows = faiss().rev_swig_ptr(lists.get_ids(cell), size).copy()
    return ids
