"""FAISS itself, and how deep and among which rows it searches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mmrag.errors import MissingExtraError

Rows = NDArray[np.int64]

_MET = 128
"""Vectors that a search of a graph keeps in sight, at least."""
_PROBED, _PROBED_FOR_ONE = 16_384, 8
"""Vectors that a search of cells looks at, at least, and at least for each result wanted."""


def faiss() -> Any:
    """The FAISS module.

    Raises:
        MissingExtraError: if neither faiss-cpu nor faiss-gpu is installed.
    """
    try:
        import faiss as module
    except ImportError as error:
        raise MissingExtraError("vector search", "faiss", "cpu") from error
    return module


def selector(allowed: Rows | None, gone: Rows | None = None) -> Any:
    """FAISS's selector of the rows ``allowed`` (all, if not given) but those ``gone``; None for all."""
    gone = np.empty(0, np.int64) if gone is None else gone
    if allowed is not None:
        return faiss().IDSelectorBatch(np.setdiff1d(allowed, gone))
    return faiss().IDSelectorNot(faiss().IDSelectorBatch(gone)) if len(gone) else None


def search_parameters(index: Any, chosen: Any, share: float = 1.0, k: int = 1) -> Any:
    """FAISS's parameters for a search of ``index`` among what a selector chooses; None where it needs none.

    Args:
        index: of any kind.
        chosen: the selector.
        share: about how much of the index it lets pass, 0..1: the less, the deeper an approximate index is
            searched.
        k: how many are wanted: the more, the deeper. What a graph meets on its way counts, whether it may
            pass or not.
    """
    library, deeper = faiss(), 1 / max(share, 0.01)
    inner = library.downcast_index(index.index) if hasattr(index, "id_map") else index
    if isinstance(inner, library.IndexHNSW):
        # FAISS itself does not go deeper for many results.
        depth = int(max(inner.hnsw.efSearch, k, _MET) * deeper)
        return library.SearchParametersHNSW(sel=chosen, efSearch=depth)
    if isinstance(inner, library.IndexIVF):
        vectors = max(_PROBED, _PROBED_FOR_ONE * k)
        cells = max(inner.nprobe, -(-vectors * inner.nlist // max(inner.ntotal, 1)))
        return library.SearchParametersIVF(sel=chosen, nprobe=min(inner.nlist, int(cells * deeper)))
    return None if chosen is None else library.SearchParameters(sel=chosen)


def set_depth(index: Any, depth: int) -> None:
    """How deep ``index``, of cells or a graph, is searched at least."""
    if hasattr(index, "nprobe"):
        index.nprobe = depth
    else:
        faiss().downcast_index(index.index).hnsw.efSearch = depth
