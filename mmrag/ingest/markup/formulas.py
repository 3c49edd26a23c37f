"""Formulas of MathML as they were written."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bs4 import Tag


def tex_of(tag: Tag) -> str:
    """The TeX that a ``math`` element was made from, where it says so; else nothing.

    It stands in ``alttext`` (LaTeXML) or in an annotation of MathML 3, section 5.1 (KaTeX, Pandoc).
    """
    said = str(tag.get("alttext") or "")
    for note in [] if said else tag.find_all("annotation", encoding=_is_tex, limit=1):
        said = note.get_text()
    return said.strip()


def _is_tex(encoding: str | None) -> bool:
    return "tex" in (encoding or "").lower()
