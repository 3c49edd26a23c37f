"""PDF: pages as a stream of headings, paragraphs, lists, listings, tables, figures and formulas.

Reading goes through these stages, one module each: `opening` (file to document), `rawpage` (page to lines,
picture boxes and drawing boxes, one call), `fonts` and `furniture` (what the document's pages have in
common), `regions` (layout model), `figures`, `tables`, `rows` and `paragraphs` (lines to blocks),
`captions`, `outline` (section path), and `assembly` (blocks to elements with their pictures).
"""

from mmrag.ingest.pdf.ingestor import PdfIngestor
from mmrag.ingest.pdf.render import render_page

__all__ = ["PdfIngestor", "render_page"]
