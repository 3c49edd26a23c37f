"""What of an HTML page a reader sees, by the names of elements."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag


def _names(line: str) -> frozenset[str]:
    return frozenset(line.split())


_SKIPPED = _names(
    "script style noscript template head nav button select option textarea input datalist iframe object "
    "embed video audio canvas svg map dialog annotation annotation-xml"
)
BLOCKS = _names(
    "address article aside blockquote body center dd details div dt fieldset figcaption footer form header "
    "hgroup html li main p section summary tbody td tfoot th thead tr caption"
)
"""Elements that begin on a line of their own."""


def shown(parent: Tag) -> Iterator[str | Tag]:
    """The children of ``parent`` that a reader sees."""
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    for child in list(parent.children):
        if isinstance(child, Tag):
            if child.name not in _SKIPPED and not _is_site_footer(child):
                yield child
        elif type(child) in (NavigableString, CData):
            yield str(child)


def verbatim(tag: Tag) -> str:
    """All text in ``tag``, with its white space, and line breaks where it says ``br``."""
    from bs4 import Tag
    from bs4.element import CData, NavigableString

    parts = (
        ("\n" if part.name == "br" else "") if isinstance(part, Tag) else str(part)
        for part in tag.descendants
        if isinstance(part, Tag) or type(part) in (NavigableString, CData)
    )
    return "".join(parts)


def _is_site_footer(tag: Tag) -> bool:
    return tag.name == "footer" and tag.parent is not None and tag.parent.name == "body"
