"""Elements of HTML that a reader doesn't see, by their attributes and inline styles (CSS 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import BeautifulSoup, Tag

_LENGTH = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+))\s*([a-z%]*)", re.IGNORECASE)
_POINTS = {"pt": 1.0, "px": 0.75, "": 0.75, "em": 12.0, "rem": 12.0, "mm": 2.83, "cm": 28.3, "in": 72.0}
_TINY = 2.0
_SLIVER = 1.5
_FAR = -700.0
_FAINT = 0.05
_ALIKE = 12
_CLIPPED = re.compile(
    r"rect\(\s*(?:[01](?:px)?[\s,]+){3}[01](?:px)?\s*\)|inset\(\s*(?:[5-9]\d|100)%|circle\(\s*0"
)
_SHRUNK = re.compile(r"scale[xy]?\(\s*0(?:\.0*)?\s*[,)]")
_FUNCTION = re.compile(r"(?:rgb|hsl)a?\(([^)]*)\)")

_SIZES = frozenset({"font-size", "font", "class"})
_COLOURS = frozenset({"color", "background", "background-color", "background-image", "bgcolor", "class"})

_Colour = tuple[int, int, int]


def remove_hidden(soup: BeautifulSoup) -> None:
    """Take out of ``soup`` what is hidden, transparent, tiny, clipped, or of its background's colour."""
    plain = soup.find(["style", "link"]) is None
    for tag in soup.find_all(True):
        if not tag.attrs or tag.decomposed:
            continue
        style = _style(tag)
        if _is_hidden(tag, style):
            tag.decompose()
            continue
        if "font-size" in style and _points(style["font-size"], _TINY) < _TINY:
            _remove_text(tag, _SIZES)
        if _has_no_colour(tag, style, plain):
            _remove_text(tag, _COLOURS)


def _style(tag: Tag) -> dict[str, str]:
    pairs = (part.partition(":") for part in str(tag.get("style") or "").lower().split(";"))
    return {name.strip(): value.replace("!important", "").strip() for name, _, value in pairs}


def _is_hidden(tag: Tag, style: dict[str, str]) -> bool:
    if tag.has_attr("hidden") or str(tag.get("aria-hidden")).lower() == "true":
        return True
    if not style:
        return False
    if style.get("display") == "none" or style.get("visibility") in ("hidden", "collapse"):
        return True
    if "opacity" in style and _opacity(style["opacity"]) < _FAINT:
        return True
    if _CLIPPED.search(style.get("clip", "") + style.get("clip-path", "")):
        return True
    if _SHRUNK.search(style.get("transform", "")) or _points(style.get("text-indent")) < _FAR:
        return True
    if style.get("position") in ("absolute", "fixed") and any(
        _points(style.get(side)) < _FAR for side in ("left", "right", "top", "bottom")
    ):
        return True
    return style.get("overflow", "") in ("hidden", "clip") and any(
        _points(style.get(side), _TINY) < _SLIVER for side in ("width", "height", "max-width", "max-height")
    )


def _opacity(value: str) -> float:
    found = _LENGTH.match(value)
    return 1.0 if found is None else float(found[1]) / (100 if found[2] == "%" else 1)


def _points(value: str | None, unknown: float = 0.0) -> float:
    found = _LENGTH.match(value or "")
    if found is None or found[2] not in _POINTS:
        return unknown
    return float(found[1]) * _POINTS[found[2]]


def _remove_text(tag: Tag, own: frozenset[str]) -> None:
    """Take out the text of ``tag`` but for that inside elements which have one of the styles ``own``."""
    from bs4 import Tag

    for child in list(tag.children):
        if not isinstance(child, Tag):
            child.extract()
        elif own.isdisjoint(_style(child)) and own.isdisjoint(child.attrs):
            _remove_text(child, own)


def _has_no_colour(tag: Tag, style: dict[str, str], plain: bool) -> bool:
    """Whether the text of ``tag`` is transparent, or has the colour of the nearest background that is known.

    Args:
        tag: with a colour of its own, or none.
        style: of it.
        plain: whether nothing but inline styles can colour a background, so that it is white where none does.
    """
    said = style.get("color") or (str(tag.get("color") or "") if tag.name == "font" else "")
    if not said:
        return False
    colour, alpha = _colour(said)
    if alpha < _FAINT:
        return "background-clip" not in style and "-webkit-background-clip" not in style
    if colour is None:
        return False
    ground = _background(tag, plain)
    return ground is not None and max(abs(a - b) for a, b in zip(colour, ground, strict=True)) < _ALIKE


def _background(tag: Tag, plain: bool) -> _Colour | None:
    for place in (tag, *tag.parents):
        if not plain and (place.has_attr("class") or place.has_attr("id")):
            return None
        style = _style(place)
        said = style.get("background-color") or style.get("background") or str(place.get("bgcolor") or "")
        if "background-image" in style or place.get("background"):
            return None
        if said and said not in ("none", "transparent", "inherit"):
            return _colour(said)[0]
    return (255, 255, 255) if plain else None


def _colour(said: str) -> tuple[_Colour | None, float]:
    """Red, green and blue, 0..255, ``None`` if not known, and opacity, 0..1."""
    from PIL import ImageColor

    said = said.strip().lower()
    if said == "transparent":
        return None, 0.0
    alpha = 1.0
    function = _FUNCTION.fullmatch(said)
    if function is not None:
        parts = re.split(r"[\s,/]+", function[1].strip())
        if len(parts) == 4:
            alpha = _opacity(parts[3])
        said = f"{said[:3]}({','.join(parts[:3])})"
    try:
        found = ImageColor.getrgb(said)
    except ValueError:
        return None, alpha
    if len(found) == 4:
        alpha = found[3] / 255
    return (found[0], found[1], found[2]), alpha
