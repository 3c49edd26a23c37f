"""Markdown, HTML and plain text: documents without pages, read as consecutive sections.

`html`, `markdown` and `plain` turn text into blocks; `sections` groups blocks into what stands for
pages; `pictures` finds the local pictures that a document shows; `ingestor` makes elements of it all.
"""

from mmrag.ingest.markup.ingestor import MarkupIngestor

__all__ = ["MarkupIngestor"]
