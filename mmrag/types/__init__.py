"""The values that every stage speaks. All are frozen, slotted and free of behaviour that needs a library.

Boxes are page fractions: 0..1, origin at the top left corner, x to the right, y down.
Page numbers are 1-based. Scores are higher for better.
"""

from mmrag.types.answers import Answer, Citation, Flag, FlagKind, LeftOut, Usage
from mmrag.types.boxes import BBox
from mmrag.types.documents import (
    Asset,
    Chunk,
    Document,
    Element,
    Kind,
    Line,
    Metadata,
    Page,
    ParsedPage,
    element_id,
)
from mmrag.types.plain import to_dict
from mmrag.types.runs import FileReport, Progress, Report, Status
from mmrag.types.searches import Filters, Hit, Query, Source

__all__ = [
    "Answer",
    "Asset",
    "BBox",
    "Chunk",
    "Citation",
    "Document",
    "Element",
    "FileReport",
    "Filters",
    "Flag",
    "FlagKind",
    "Hit",
    "Kind",
    "LeftOut",
    "Line",
    "Metadata",
    "Page",
    "ParsedPage",
    "Progress",
    "Query",
    "Report",
    "Source",
    "Status",
    "Usage",
    "element_id",
    "to_dict",
]
