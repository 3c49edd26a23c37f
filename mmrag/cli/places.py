"""How a place in a document is named to a reader, and how a reader names one."""

from __future__ import annotations

import re

from mmrag.cli.terminal import clean
from mmrag.types import Document, Element, Page

ID_DIGITS = 8


def place(document: Document, page: Page) -> str:
    """``report.pdf, p. 3``; for a file without pages ``notes.md, § Methods``."""
    return f"{clean(document.path)}, {spot(document, page)}"


def spot(document: Document, page: Page) -> str:
    """The part of a place after the file: ``p. 3``, ``p. 14 (xii)``, ``§ Methods``."""
    label = clean(page.label)
    if not document.paged:
        return label if label.startswith("§") else f"§ {label or page.number}"
    return f"p. {page.number}" + (f" ({label})" if label not in ("", str(page.number)) else "")


def short(element: Element) -> str:
    """The first digits of an element's id, enough to name it in one index."""
    return element.id[:ID_DIGITS]


def parse_place(hit: str) -> tuple[str, int] | None:
    """File and page of ``report.pdf#3`` (or ``#p3``), or ``None`` if it is not of that form."""
    found = re.fullmatch(r"(.+)#p?(\d{1,9})", hit)
    return (found[1], int(found[2])) if found else None
