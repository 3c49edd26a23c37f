"""Text of fonts that do not say which characters their glyphs are."""

from __future__ import annotations

import re

# TeX writes Type 3 fonts without a Unicode map; their ligatures, quotes and dashes then come as control
# characters, at their positions in Knuth's encoding OT1 (0B to 0F) or the Cork encoding T1 (10 to 1F).
# The bullets are those of the symbol encodings OMS (0F) and TS1 (88).
_TEX = {
    0x0B: "ff",
    0x0C: "fi",
    0x0D: "fl",
    0x0E: "ffi",
    0x0F: "ffl",
    0x10: "\u201c",
    0x11: "\u201d",
    0x12: "\u201e",
    0x13: "\u00ab",
    0x14: "\u00bb",
    0x15: "\u2013",
    0x16: "\u2014",
    0x1B: "ff",
    0x1C: "fi",
    0x1D: "fl",
    0x1E: "ffi",
    0x1F: "ffl",
    0x88: "\u2022",
}
_OMS_BULLET = "\x0f"
_CONTROL = re.compile("[\x0b-\x1f\x88]")


def readable(text: str) -> str:
    """``text`` with the control characters of TeX fonts replaced by what they show."""
    if text.isprintable() or not _CONTROL.search(text):
        return text
    if text.strip() == _OMS_BULLET or text.startswith(_OMS_BULLET + " "):
        return "\u2022" + text.lstrip()[1:]
    return text.translate(_TEX)
