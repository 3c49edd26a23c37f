"""Readers that a recipe names for endings of file names."""

from __future__ import annotations

from functools import cache

from mmrag.config import resolve
from mmrag.ingest.base import Ingestor

_KNOWN = {"llama-index:*": "mmrag.llama_index.readers:ReaderIngestor"}


@cache
def load_reader(spec: str) -> Ingestor:
    """The ingestor that a reader of a recipe (``ingest.readers``) is; the same one at each call.

    Raises:
        SpecError: if nothing of that name is known.
        MissingExtraError: if LlamaIndex is not installed.
    """
    made: Ingestor = resolve(spec, _KNOWN, "reader")
    return made
