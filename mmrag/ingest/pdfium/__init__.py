"""The second engine for PDFs: pdfium reads what MuPDF hangs on, crashes on or refuses, more plainly."""

from mmrag.ingest.pdfium.ingestor import PdfiumIngestor

__all__ = ["PdfiumIngestor"]
