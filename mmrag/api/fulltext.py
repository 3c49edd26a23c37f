"""What a word search finds pages and elements by."""

from __future__ import annotations

from collections.abc import Sequence

from mmrag.types import Element, Kind


def element_text(element: Element) -> str:
    """Everything that an element says: section, printed caption, words, description."""
    description = str(element.metadata.get("description", ""))
    return "\n".join(
        part for part in (" ".join(element.section[-2:]), element.caption, element.text, description) if part
    )


def page_text(elements: Sequence[Element]) -> str:
    """Everything that a page says, once: a whole-page element only counts where there is no finer one."""
    finer = [element for element in elements if element.kind is not Kind.PAGE]
    return "\n".join(f"{element.caption}\n{element.text}" for element in finer or elements)
