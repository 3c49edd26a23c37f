"""Text in pixels."""

from mmrag.vision.ocr.reading import MIN_CONFIDENCE, OcrLine, read_text

OCR_VERSION = "ppocrv6-small-2"
"""Changes whenever the same picture would give other lines."""

__all__ = ["MIN_CONFIDENCE", "OCR_VERSION", "OcrLine", "read_text"]
