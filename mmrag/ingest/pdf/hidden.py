"""Text that a reader of the page can't see is left out, after a look at the page.

It is the usual way to bring orders to a language model unnoticed (Greshake et al. 2023, *Not what you've
signed up for: compromising real-world LLM-integrated applications with indirect prompt injection*).

Ordinary pages have no suspects (see `paint`) and cost nothing here. Of the others the part around the
suspects is drawn, and those in whose place nothing is to be seen are left out. Whatever shows anything stays:
text layers of scans, white letters on dark boxes, letters on pictures, faint grey.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mmrag.ingest.pdf.boxes import area, clip, gaps, grow, union
from mmrag.ingest.pdf.encodings import readable
from mmrag.ingest.pdf.letters import letters_of
from mmrag.ingest.pdf.pageview import PageView
from mmrag.ingest.pdf.paint import TINY, Suspect, is_faint, is_odd
from mmrag.ingest.pdf.render import render_clip
from mmrag.ingest.pdf.values import Box, Hidden, Line, RawPage

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_log = logging.getLogger(__name__)

_NARROW_LETTER = 0.5
_HIGH = 2.5
_MIN_LETTERS = 3
_FEW_WORDS, _FEW_LETTERS = 4, 24
_DPI = 144
_LEVELS = 12
_FREE = 0.1
_AROUND = 0.3


def drop_hidden(view: PageView, raw: RawPage) -> None:
    """Take what can't be seen out of the lines of ``raw``, and note it there.

    Args:
        view: of the page.
        raw: the page with its suspects; changed in place. Where its graphics must be left alone, nothing
            can be drawn, and only what is too small is left out.
    """
    suspects, raw.suspects = raw.suspects, []
    mixed = {suspect.place for suspect in suspects if suspect.mixed}
    letters = letters_of(raw.textpage, mixed) if mixed else {}
    pieces = [piece for one in suspects for piece in _pieces(one, letters.get(one.place, []))]
    pieces = [piece for piece in pieces if _letters(piece.text) >= _MIN_LETTERS]
    hidden = _too_small([piece for piece in pieces if piece.tiny])
    pieces = [piece for piece in pieces if not piece.tiny]
    if pieces and not raw.text_only:
        hidden += _unseen(view, raw, pieces, {id(suspect.line) for suspect in suspects})
    if not hidden:
        return
    raw.hidden = [Hidden(piece.box, piece.text) for piece in hidden]
    by_line: dict[int, list[_Piece]] = {}
    for piece in hidden:
        by_line.setdefault(id(piece.line), []).append(piece)
    gone: set[int] = set()
    for suspect in suspects:
        parts = by_line.get(id(suspect.line))
        if parts and not _cut(suspect.line, letters.get(suspect.place, []), parts):
            gone.add(id(suspect.line))
    raw.lines = [line for line in raw.lines if id(line) not in gone]
    _log.info("page %d: left out %d pieces of text that can't be seen", raw.number, len(hidden))


@dataclass(slots=True)
class _Piece:
    """A run of letters of one colour and size in a suspect line; ``start`` and ``stop`` count its letters."""

    line: Line
    box: Box
    text: str
    tiny: bool
    faint: bool
    start: int = 0
    stop: int = 0


def _pieces(suspect: Suspect, letters: list[Any]) -> list[_Piece]:
    """The runs of a line whose letters are alike in whether they may be seen; mostly all of the line."""
    line = suspect.line
    if not letters:
        return [_Piece(line, line.box, line.text, line.size < TINY, is_faint(suspect.colour), 0, 1 << 30)]
    first = letters[0]
    # The sizes of a Type 3 font may have been repaired.
    scale = line.size / first.size if first.size > 0 else 1.0
    runs: list[tuple[tuple[bool, bool, bool], list[Any]]] = []
    for char in letters:
        key = (_is_small(char, scale), is_faint(char.argb), is_odd(char.argb))
        if runs and (runs[-1][0] == key or chr(char.c).isspace()):
            runs[-1][1].append(char)
        else:
            runs.append((key, [char]))
    found, start = [], 0
    for (tiny, faint, odd), chars in runs:
        stop = start + len(chars)
        if tiny or odd or suspect.covered:
            text = "".join(chr(char.c) for char in chars)
            found.append(_Piece(line, union(map(_box, chars)), text, tiny, faint, start, stop))
        start = stop
    return found


def _is_small(char: Any, scale: float) -> bool:
    box = _box(char)
    sides = (box[2] - box[0], box[3] - box[1])
    # Where letters are far higher than their font's size, that size means nothing.
    if max(sides) < TINY or (char.size * scale < TINY and max(sides) < _HIGH * TINY):
        return True
    return min(sides) < _NARROW_LETTER and not chr(char.c).isspace()


def _box(char: Any) -> Box:
    quad = char.quad
    corners = (quad.ul, quad.ur, quad.ll, quad.lr)
    xs, ys = [corner.x for corner in corners], [corner.y for corner in corners]
    return (min(xs), min(ys), max(xs), max(ys))


def _letters(text: str) -> int:
    return sum(map(str.isalnum, text))


def _too_small(pieces: list[_Piece]) -> list[_Piece]:
    """Those of the tiny pieces that are more than a label: labels of a drawing are read by zooming in."""
    texts: list[list[_Piece]] = []
    for piece in pieces:
        before = texts[-1][-1].box if texts else (0.0, 0.0, 0.0, 0.0)
        if texts and max(gaps(before, piece.box)) <= before[3] - before[1]:
            texts[-1].append(piece)
        else:
            texts.append([piece])
    return [piece for text in texts if is_sentence(" ".join(one.text for one in text)) for piece in text]


def is_sentence(text: str) -> bool:
    """Whether so much text is more than a label."""
    return len(text.split()) >= _FEW_WORDS or _letters(text) >= _FEW_LETTERS


def _cut(line: Line, letters: list[Any], parts: list[_Piece]) -> bool:
    """Take the parts out of the line; ``False`` if nothing is left of it."""
    kept = [
        char
        for place, char in enumerate(letters)
        if not any(part.start <= place < part.stop for part in parts)
    ]
    line.text = readable("".join(chr(char.c) for char in kept))
    if not line.text.strip():
        return False
    box = union(_box(char) for char in kept if not chr(char.c).isspace())
    if line.upright:
        line.x0, line.x1 = box[0], box[2]
    else:
        line.y0, line.y1 = box[1], box[3]
    return True


def _unseen(view: PageView, raw: RawPage, pieces: list[_Piece], suspects: set[int]) -> list[_Piece]:
    """The pieces in whose place nothing is to be seen but other text."""
    import numpy as np

    boxes = [clip(_look_at(piece, raw), raw.width, raw.height) for piece in pieces]
    shown = union(boxes)
    if area(shown) == 0:
        return []
    pixels = np.asarray(render_clip(view.page, shown, _DPI))
    scale = (pixels.shape[1] / (shown[2] - shown[0]), pixels.shape[0] / (shown[3] - shown[1]))
    free = np.ones(pixels.shape[:2], dtype=bool)
    for line in raw.lines:
        if id(line) not in suspects and _is_legible(line.text):
            free[window(line.box, shown, scale)] = False
    return [
        piece
        for piece, box in zip(pieces, boxes, strict=True)
        if is_blank(pixels, free, window(box, shown, scale))
    ]


def _look_at(piece: _Piece, raw: RawPage) -> Box:
    """Where the piece would be seen; a layer of text over a picture is often a little out of place."""
    if piece.faint and raw.pictures:
        return grow(piece.box, _AROUND * min(piece.box[2] - piece.box[0], piece.box[3] - piece.box[1]))
    return piece.box


def _is_legible(text: str) -> bool:
    """Whether a line's letters can be read: a layer of invisible text may stand for letters that can't."""
    return sum(map(str.isalnum, text)) >= 0.5 * len(text.replace(" ", ""))


def window(box: Box, shown: Box, scale: tuple[float, float]) -> tuple[slice, slice]:
    """The pixels of a box, of a picture of the box ``shown`` with so many pixels a point."""
    left, right = ((x - shown[0]) * scale[0] for x in (box[0], box[2]))
    top, bottom = ((y - shown[1]) * scale[1] for y in (box[1], box[3]))
    return (
        slice(max(0, round(top)), max(0, round(bottom), round(top) + 1)),
        slice(max(0, round(left)), max(0, round(right), round(left) + 1)),
    )


def is_blank(pixels: npt.NDArray[np.uint8], free: npt.NDArray[np.bool_], window: tuple[slice, slice]) -> bool:
    """Whether all pixels there, but those of other text, look alike."""
    part, usable = pixels[window], free[window]
    if part.size == 0:
        return False
    if usable.mean() < _FREE:
        return True
    seen = part[usable]
    return bool((seen.max(axis=0).astype(int) - seen.min(axis=0) < _LEVELS).all())
