"""HTML and SVG in which nothing that documents or questions say can be markup.

Text becomes markup only by `tag`, which escapes all that is not markup already.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

_VOID = {"br", "col", "img", "input", "link", "meta"}
_EMPTY_SVG = {"circle", "line", "path", "polyline", "rect", "use"}
_UNSHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"})


class Html(str):
    """Text that is markup."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]
"""What can stand in a tag: markup, text to be escaped, nothing, or many of these."""


def escape(text: str) -> Html:
    """The text as it reads: markup in it is shown, letters that no page can hold stand as U+FFFD."""
    return Html(_UNSHOWN.sub("\ufffd", text).translate(_ESCAPES))


def join(*children: Child) -> Html:
    """The children, one after another."""
    return Html("".join(_flat(children)))


def tag(name: str, /, *children: Child, **attributes: str | float | bool | None) -> Html:
    """An element.

    Args:
        name: of the tag.
        children: what stands in it.
        attributes: ``class_`` is ``class``, ``data_kind`` is ``data-kind``; numbers are written short;
            ``True`` has no value; ``None`` and ``False`` leave the attribute out.
    """
    opening = f"<{name}{''.join(_attribute(key, value) for key, value in attributes.items())}"
    if name in _VOID:
        return Html(f"{opening}>")
    inside = join(*children)
    if not inside and name in _EMPTY_SVG:
        return Html(f"{opening}/>")
    return Html(f"{opening}>{inside}</{name}>")


def scrolled(table: Html, title: str) -> Html:
    """A table that scrolls by itself where the page is too narrow for it, by keys, too."""
    return tag("div", table, class_="scroll", tabindex=0, role="region", aria_label=title)


def number(value: float) -> str:
    """A length or a place, at most two decimals: ``12``, ``3.5``."""
    return f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)


def _attribute(key: str, value: str | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    if value is True:
        return f" {name}"
    return f' {name}="{escape(value if isinstance(value, str) else number(value))}"'


def _flat(children: Iterable[Child]) -> Iterator[str]:
    for child in children:
        if isinstance(child, Html):
            yield child
        elif isinstance(child, str):
            yield escape(child)
        elif isinstance(child, int):
            yield str(child)
        elif child is not None:
            yield from _flat(child)
