"""What an HTML page says about itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mmrag.ingest.markup.blocks import Block
from mmrag.ingest.markup.spaces import one_line, written
from mmrag.types import Kind

if TYPE_CHECKING:
    from bs4 import Tag

_ABOVE_TITLE = ("head", "html", "[document]")
_META = {
    "author": "author",
    "description": "description",
    "keywords": "keywords",
    "date": "date",
    "dcterms.date": "date",
    "article:published_time": "date",
}


def title_of(soup: Tag, blocks: Sequence[Block]) -> str:
    """The title that the page names, else its first heading of the first level."""
    # Icons and parts of pictures have titles too. html.parser does not write a missing <head> in.
    named = next((t for t in soup.find_all("title") if t.parent and t.parent.name in _ABOVE_TITLE), None)
    title = tidy(named.get_text()) if named else ""
    return title or next((b.text for b in blocks if b.kind is Kind.HEADING and b.level == 1), "")


def metadata_of(soup: Tag) -> dict[str, str | int | float | bool]:
    """Author, description, keywords, date and language, as far as the page says."""
    said: dict[str, str | int | float | bool] = {}
    for meta in soup.find_all("meta"):
        name = str(meta.get("name") or meta.get("property") or "").lower()
        content = tidy(str(meta.get("content") or ""))
        if name in _META and content:
            said.setdefault(_META[name], content)
    for html in soup.find_all("html", lang=True, limit=1):
        said["language"] = str(html["lang"])
    return said


def tidy(text: str) -> str:
    """One line of text, in normal form."""
    return one_line(written(text))
