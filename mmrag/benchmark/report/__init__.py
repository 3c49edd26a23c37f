"""A comparison as one HTML file that stands by itself."""

from mmrag.benchmark.report.pages import IndexPages
from mmrag.benchmark.report.writing import write_report

__all__ = ["IndexPages", "write_report"]
