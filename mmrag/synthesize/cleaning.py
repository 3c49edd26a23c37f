"""Text of documents as a prompt quotes it: nothing in it is read as a command, a citation or a frame."""

from __future__ import annotations

import re
from collections.abc import Collection

from mmrag.text.control import without_control_tokens
from mmrag.text.normalise import normalise

FRAME = "====="
"""Stands in the lines that begin and end quoted data, and in no data."""

_FRAME = re.compile(f"={{{len(FRAME)},}}")
_MARKER = re.compile(r"[\[［【〔〚⟦]\s*(\^?\d+(?:\s*[,;、，；–—-]\s*\^?\d+)*)\s*[\]］】〕〛⟧]")
_BLANK_LINES = re.compile(r"\n\s*\n+")


def cleaned(text: str, special: Collection[str] = ()) -> str:
    """``text`` without control tokens, unseen characters and empty lines; idempotent.

    ``[3]`` and ``[3, 4]`` become ``(3)`` and ``(3, 4)``: in an answer they would cite something else. Five or
    more ``=`` in a row, of which the frame is made, become three.

    Args:
        text: of a document, a question or an answer.
        special: the model's own control tokens.
    """
    before = None
    while before != text:  # what is taken out may bring together what makes another
        before = text
        text = normalise(without_control_tokens(text, special))
        text = _FRAME.sub("===", _MARKER.sub(r"(\1)", text))
    return _BLANK_LINES.sub("\n", text).strip()


def in_one_line(text: str, most: int, special: Collection[str] = ()) -> str:
    """``text``, cleaned, in one line of at most ``most`` characters."""
    line = " ".join(cleaned(text, special).split())
    return line if len(line) <= most else f"{line[:most].rstrip()} …"


def quoted_lines(text: str) -> str:
    """``text`` with "> " before each of its lines, so that none can be taken for a line of the frame."""
    return "\n".join(f"> {line}" for line in text.splitlines())
