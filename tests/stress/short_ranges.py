"""The ingestors, as a parser process of `tests.stress.run` loads them: with short ranges of pages."""

from __future__ import annotations

import mmrag.ingest.pdf.reader
from mmrag.ingest.registry import ingestors

__all__ = ["ingestors"]

vars(mmrag.ingest.pdf.reader)["PAGES_A_RANGE"] = 5
